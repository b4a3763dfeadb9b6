from data_prep.stitching import MAX_LINES, Dialect, Span, spans


def found(text, delimiter=","):
    lines = enumerate(text.split("\n"))
    return list(spans(((number, line) for number, line in lines if '"' in line), Dialect(delimiter)))


def test_a_quoted_value_may_go_on_over_lines():
    assert found('1,"two\n\nlines ""quoted""\nmore",3\n4,5,6') == [Span(0, 3)]


def test_a_stray_mark_costs_no_other_line():
    assert found('1,"stray,3\n4,"fine, and quoted",6\n7,"begins\nends",9') == [Span(2, 3)]


def test_a_mark_inside_a_bare_value_opens_nothing():
    assert found('1,12" vinyl,3\n4,7" vinyl,6') == []


def test_a_mark_that_is_never_closed_opens_nothing():
    assert found('1,"stray,3\n4,5,6') == []


def test_a_record_has_a_greatest_number_of_lines():
    def record(lines):
        return '1,"' + "\n" * (lines - 1) + '",3'

    assert found(record(MAX_LINES)) == [Span(0, MAX_LINES - 1)]
    assert found(record(MAX_LINES + 1)) == []


def test_any_delimiter_separates():
    assert found('1|"a\nb"|3', "|") == [Span(0, 1)]
