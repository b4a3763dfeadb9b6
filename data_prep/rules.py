r"""What becomes of a row: SQL expressions that normalise its values, and named predicates that reject it.

A row goes through four steps, each a column list of one SELECT: the text of every column (trimmed, null when missing),
the number that it is, its value (of the column's type, null when the text cannot be read so), and the first rule that
rejects it.
The expressions are DuckDB's SQL, kept to what other dialects can be rendered from. A cast is guarded by a regular
expression that says what is accepted, since engines differ about spaces, signs, `inf` and hexadecimal numbers.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from data_prep.schemas import DatasetType, Field, spelled_alike
from data_prep.spec import ColumnSpec, RulesSpec

BROKEN_LINE = "broken_line"
DUPLICATE = "duplicate"  # the same user, item, time and event type as an earlier row
REPLACED = "replaced"  # by a later row of the same item or user
NEAR_DUPLICATE = "near_duplicate"
ROBOT = "robot"
TEST_USER = "test_user"
RARE_USER, RARE_ITEM = "rare_user", "rare_item"
SHORT_SESSION, LONG_SESSION = "short_session", "long_session"
HELD_OUT = "held_out"  # good, and kept back to evaluate with
UNCHANGED = "unchanged"  # good, and in the last full output already
SET_ASIDE = (HELD_OUT, UNCHANGED)

# Columns of the preparation's own, beside those of a source and of a dataset, which must not have these names.
ROW, BROKEN, REASON = '"prep: row"', '"prep: broken"', '"prep: reason"'
FORM, AGE = '"prep: form"', '"prep: age"'
USER, ITEM = '"prep: user"', '"prep: item"'  # numbers in place of ids: grouping by these costs half
FILE, PATH, LINE, TEXT = '"prep: file"', '"prep: path"', '"prep: line"', '"prep: text"'

TIME_FORMS = ("seconds", "milliseconds", "microseconds", "nanoseconds", "text")

_ISO_8601 = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)?)?"
_ISO_8601_LOCAL = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"
_EPOCH = r"\d{1,19}(\.\d*)?"
_INTEGER = r"[+-]?\d{1,19}(\.0*)?"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_COMMA_NUMBER = r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?"


_UNITS = ("s", "ms", "us", "ns")
_MS, _US, _NS = 10**11, 10**14, 10**17  # the least number that is read in this unit


@dataclass(frozen=True)
class Rule:
    """Rejects the rows for which a predicate in SQL is true.

    Attributes:
        reason: the rule's name, which the report and the quarantine show.
    """

    reason: str
    predicate: str


def rules(fields: Iterable[Field], columns: Mapping[str, ColumnSpec], spec: RulesSpec) -> Iterator[Rule]:
    """The rules about single rows in their order; a row is rejected by the first that is true for it."""
    for field in fields:
        yield from _about_presence(field, columns[field.name])
        yield from _about_value(field, columns[field.name])
    if spec.test_users:
        likes = " or ".join(f"{quoted('USER_ID')} like {_like(pattern)} escape '^'" for pattern in spec.test_users)
        yield Rule(TEST_USER, likes)
    for reason, predicate in spec.reject.items():
        yield Rule(reason, f"({predicate}\n)")  # the line break ends a comment in the user's SQL


def _about_presence(field: Field, column: ColumnSpec) -> Iterator[Rule]:
    name, text, value = field.name.lower(), text_column(field.name), quoted(field.name)
    if not field.nullable:
        yield Rule(f"missing_{name}", f"{value if column.clean or column.separator else text} is null")
    if field.type != "string":
        yield Rule(f"bad_{name}", f"{text} is not null and {value} is null")
    if column.thresholds:
        yield Rule(f"bad_{name}", f"{text} is not null and not {_is(text, _NUMBER)}")
        yield Rule(f"dropped_{name}", f"{text} is not null and {value} is null")


def _about_value(field: Field, column: ColumnSpec) -> Iterator[Rule]:
    name, value = field.name.lower(), quoted(field.name)
    if column.keep:
        yield Rule(f"dropped_{name}", f"{value} not in ({_texts(column.keep)})")
    if column.drop:
        yield Rule(f"dropped_{name}", f"{value} in ({_texts(column.drop)})")
    if field.bounds:
        low, high = field.bounds
        yield Rule(f"{name}_out_of_range", f"{value} < {low} or {value} > {high}")
    if (least := column.bound("min")) is not None:
        yield Rule(f"{name}_below_min", f"{value} < {least!r}")
    if (greatest := column.bound("max")) is not None:
        yield Rule(f"{name}_above_max", f"{value} > {greatest!r}")
    if field.words:
        words = _texts(map(spelled_alike, field.words))
        yield Rule(f"unknown_{name}", f"lower(replace({value}, '_', ' ')) not in ({words})")
    if field.max_characters:
        yield Rule(f"{name}_too_long", f"length({value}) > {field.max_characters}")


def first_reason(checks: Iterable[Rule]) -> str:
    """An expression for the reason of the first rule that is true; null for a row that is kept."""
    whens = " ".join(f"when {rule.predicate} then {literal(rule.reason)}" for rule in checks)
    return f"case {whens} end"


def text_of(column: ColumnSpec, plain: str | None = None) -> str:
    """An expression for the text of a column, over the columns of the source.

    Args:
        plain: a predicate, `{0}` standing for the value of a column of the source, which is true only when that has
            neither spaces nor line breaks nor letters beyond ASCII. Looking at each value for what may be around it
            costs more than reading it; most have nothing. Default: every value is looked at.
    """
    if column.value is not None:
        constant = str(column.value).lower() if isinstance(column.value, bool) else str(column.value)
        return literal(constant)
    origin = column.sql if column.sql is not None else quoted(column.column or "")
    given = f"cast(({origin}\n) as varchar)"  # the line break ends a comment in the user's SQL
    # The service's CSV has no line breaks in values. Looking for them costs a tenth of replacing them in every row.
    has_breaks = " or ".join(f"contains({given}, chr({code}))" for code in (9, 10, 13))
    spaced = f"regexp_replace({given}, '[\\t\\r\\n]+', ' ', 'g')"
    trimmed = f"trim(case when {has_breaks} then {spaced} else {given} end)"
    if plain and column.sql is None:
        trimmed = f"case when {plain.format(origin)} then {origin} else {trimmed} end"
    if column.missing:
        absent = ", ".join(literal(text) for text in ("", *column.missing))
        text = f"case when {trimmed} not in ({absent}) then {trimmed} end"
    else:
        text = f"nullif({trimmed}, '')"
    if column.decimal == ".":
        return text
    return f"case when {_is(text, _COMMA_NUMBER)} then replace(replace({text}, '.', ''), ',', '.') else {text} end"


def value_of(field: Field, column: ColumnSpec) -> str:
    """An expression for the value of a column, over its text and number: null when it cannot be of the type."""
    text, number = text_column(field.name), number_column(field.name)
    if field.is_epoch:
        return _epoch_seconds(text, number, column)
    match field.type:
        case "string":
            return _rewritten(text, column)
        case "int":
            return f"try_cast({number} as integer)"
        case "long":
            return number
        case "float" | "double":
            return f"case when abs({number}) <= {3.4e38 if field.type == 'float' else 1.7e308} then {number} end"
        case _:
            return (
                f"case lower({text}) when 'true' then true when '1' then true "
                "when 'false' then false when '0' then false end"
            )


def number_of(field: Field) -> str | None:
    """An expression for the number that the text of a column is, over that text; null for other texts.

    It is a column of its own, since a time's number is asked for several times. None for columns of text.
    """
    text = text_column(field.name)
    match "long" if field.is_epoch else field.type:
        case "int" | "long":
            # A number that is written again as it was needs no regular expression, which costs more than both casts.
            given = f"case when not contains({text}, '-') then {text} end" if field.is_epoch else text  # no dates
            number = f"try_cast({given} as bigint)"
            whole = f"try_cast(split_part({text}, '.', 1) as bigint)"
            return f"""case when cast({number} as varchar) = {text} then {number}
                       when {_is(given, _EPOCH if field.is_epoch else _INTEGER)} then {whole} end"""
        case "float" | "double":
            return f"case when {_is(text, _NUMBER)} then try_cast({text} as double) end"
        case _:
            return None


def time_form(name: str, column: ColumnSpec) -> str:
    """An expression for how a time is written, over its number: the place of the form in `TIME_FORMS`."""
    number = number_column(name)
    if column.unit:
        units = str(_UNITS.index(column.unit))
    else:
        units = (
            f"case when {number} < {_MS} then 0 when {number} < {_US} then 1 when {number} < {_NS} then 2 else 3 end"
        )
    return f"case when {number} is not null then {units} else 4 end"


def age_of(text: str) -> str:
    """An expression for a time or a number as one number, over its text: the greater, the newer."""
    instant = f"epoch(try_cast({text} as timestamptz))"
    return (
        f"case when {_is(text, _NUMBER)} then try_cast({text} as double) when {_is(text, _ISO_8601)} then {instant} end"
    )


def identity(dataset_type: DatasetType, fields: Iterable[Field]) -> str:
    """The columns that tell rows of a dataset apart."""
    present = {field.name for field in fields}
    return ", ".join(quoted(name) for name in dataset_type.key if name in present)


def csv_line(fields: Iterable[Field]) -> str:
    """An expression for a row as the service's CSV has it: text in quotes, `"` and `\\` escaped, nothing for null."""
    return " || ',' || ".join(f"coalesce({_csv_value(field)}, '')" for field in fields)


def quoted(name: str) -> str:
    """A name as an identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a literal in SQL."""
    return "'" + text.replace("'", "''") + "'"


def text_column(name: str) -> str:
    """The column with the text that a column's value is read from."""
    return quoted(f"{name} text")


def number_column(name: str) -> str:
    """The column with the number that the text of a column is."""
    return quoted(f"{name} number")


def _csv_value(field: Field) -> str:
    name = quoted(field.name)
    if field.type != "string":
        return f"cast({name} as varchar)"
    return rf"""'"' || replace(replace({name}, '\', '\\'), '"', '\"') || '"'"""


def _rewritten(text: str, column: ColumnSpec) -> str:
    """A text as the specification wants it."""
    if column.map:
        whens = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in column.map.items())
        return f"case {text} {whens} else {text} end"
    if column.thresholds:
        number = f"try_cast({text} as double)"
        steps = sorted(column.thresholds.items(), key=lambda step: -step[1])
        whens = " ".join(f"when {number} >= {least!r} then {literal(name)}" for name, least in steps)
        return f"case when {_is(text, _NUMBER)} then case {whens} end end"
    if column.separator:
        parts = f"list_transform(string_split({text}, {literal(column.separator)}), lambda part: trim(part))"
        return f"nullif(array_to_string(list_filter({parts}, lambda part: part <> ''), '|'), '')"
    if column.clean:
        bare = f"regexp_replace({text}, '<[^>]*>|[\\x00-\\x1F\\x7F]', ' ', 'g')"
        return f"nullif(trim(regexp_replace({bare}, ' +', ' ', 'g')), '')"
    return text


def _epoch_seconds(text: str, number: str, column: ColumnSpec) -> str:
    """Times after 1970; a unit that is not declared is told by magnitude: read as seconds, 1e11 is the year 5138."""
    if column.unit:
        seconds = f"{number} // {1000 ** _UNITS.index(column.unit)}"
    else:
        seconds = (
            f"case when {number} < {_MS} then {number} when {number} < {_US} then {number} // 1000 "
            f"when {number} < {_NS} then {number} // 1000000 else {number} // 1000000000 end"
        )
    # The zone is always that of the session, UTC, unless the text has one; a fraction is cut, not rounded.
    whens = [(f"{number} is not null", seconds)]
    if column.formats:
        form = f"[{_texts(column.formats)}]"
        parsed = f"try_strptime({text}, {form})"
        if column.zone and not any("%z" in given for given in column.formats):
            parsed = f"timezone({literal(column.zone)}, {parsed})"
        # A declared form goes first: digits may be a date, as 20200131.
        whens.insert(0, (f"{parsed} is not null", f"cast(floor(epoch({parsed})) as bigint)"))
    if column.zone:
        local = f"timezone({literal(column.zone)}, try_cast({text} as timestamp))"
        whens.append((_is(text, _ISO_8601_LOCAL), f"cast(floor(epoch({local})) as bigint)"))
    whens.append((_is(text, _ISO_8601), f"cast(floor(epoch(try_cast({text} as timestamptz))) as bigint)"))
    found = " ".join(f"when {condition} then {value}" for condition, value in whens)
    return f"nullif(greatest(case {found} end, 0), 0)"


def _texts(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))


def _like(pattern: str) -> str:
    """A pattern with * and ? as one of LIKE with the escape ^."""
    for special in "^%_":
        pattern = pattern.replace(special, f"^{special}")
    return literal(pattern.replace("*", "%").replace("?", "_"))


def _is(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"
