r"""What becomes of a row: SQL expressions that normalise its values, and named predicates that reject it.

A row goes through three steps, each a column list of one SELECT: the text of every column (trimmed, null when
missing), its value (of the column's type, null when the text cannot be read so), and the first rule that rejects it.
The expressions are DuckDB's SQL, kept to what other dialects can be rendered from. A cast is guarded by a regular
expression that says what is accepted, since engines differ about spaces, signs, `inf` and hexadecimal numbers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data_prep.schemas import DatasetType, Field, spelled_alike
from data_prep.spec import ColumnSpec

BROKEN_LINE = "broken_line"
DUPLICATE = "duplicate"  # the same user, item, time and event type as an earlier row
REPLACED = "replaced"  # by a later row of the same item or user

# Columns of the preparation's own, beside those of a source and of a dataset, which must not have these names.
ROW, BROKEN, REASON = '"prep: row"', '"prep: broken"', '"prep: reason"'

_ISO_8601 = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)?)?"
_EPOCH = r"\d{1,19}(\.\d*)?"
_INTEGER = r"[+-]?\d{1,19}(\.0*)?"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"


@dataclass(frozen=True)
class Rule:
    """Rejects the rows for which a predicate in SQL is true.

    Attributes:
        reason: the rule's name, which the report and the quarantine show.
    """

    reason: str
    predicate: str


def rules(fields: Iterable[Field]) -> Iterator[Rule]:
    """The rules of a dataset in their order; a row is rejected by the first that is true for it."""
    for field in fields:
        name, text, value = field.name.lower(), text_column(field.name), quoted(field.name)
        if not field.nullable:
            yield Rule(f"missing_{name}", f"{text} is null")
        if field.type != "string":
            yield Rule(f"bad_{name}", f"{text} is not null and {value} is null")
        if field.bounds:
            low, high = field.bounds
            yield Rule(f"{name}_out_of_range", f"{value} < {low} or {value} > {high}")
        if field.words:
            words = ", ".join(literal(spelled_alike(word)) for word in field.words)
            yield Rule(f"unknown_{name}", f"lower(replace({value}, '_', ' ')) not in ({words})")
        if field.max_characters:
            yield Rule(f"{name}_too_long", f"length({value}) > {field.max_characters}")


def first_reason(checks: Iterable[Rule]) -> str:
    """An expression for the reason of the first rule that is true; null for a row that is kept."""
    whens = " ".join(f"when {rule.predicate} then {literal(rule.reason)}" for rule in checks)
    return f"case {whens} end"


def text_of(column: ColumnSpec) -> str:
    """An expression for the text of a column, over the columns of the source."""
    if column.value is not None:
        constant = str(column.value).lower() if isinstance(column.value, bool) else str(column.value)
        return literal(constant)
    origin = column.sql if column.sql is not None else quoted(column.column or "")
    given = f"cast(({origin}\n) as varchar)"  # the line break ends a comment in the user's SQL
    # The service's CSV has no line breaks in values. Looking for them costs a tenth of replacing them in every row.
    has_breaks = " or ".join(f"contains({given}, chr({code}))" for code in (9, 10, 13))
    spaced = f"regexp_replace({given}, '[\\t\\r\\n]+', ' ', 'g')"
    trimmed = f"trim(case when {has_breaks} then {spaced} else {given} end)"
    if not column.missing:
        return f"nullif({trimmed}, '')"
    absent = ", ".join(literal(text) for text in ("", *column.missing))
    return f"case when {trimmed} not in ({absent}) then {trimmed} end"


def value_of(field: Field) -> str:
    """An expression for the value of a column, over its text: null when the text cannot be read as its type."""
    text = text_column(field.name)
    if field.is_epoch:
        return _epoch_seconds(text)
    match field.type:
        case "string":
            return text
        case "int" | "long":
            sql_type = "integer" if field.type == "int" else "bigint"
            return f"case when {_is(text, _INTEGER)} then try_cast(split_part({text}, '.', 1) as {sql_type}) end"
        case "float" | "double":
            bound = 3.4e38 if field.type == "float" else 1.7e308
            number = f"try_cast({text} as double)"
            return f"case when {_is(text, _NUMBER)} and abs({number}) <= {bound} then {number} end"
        case _:
            return (
                f"case lower({text}) when 'true' then true when '1' then true "
                "when 'false' then false when '0' then false end"
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


def _csv_value(field: Field) -> str:
    name = quoted(field.name)
    if field.type != "string":
        return f"cast({name} as varchar)"
    return rf"""'"' || replace(replace({name}, '\', '\\'), '"', '\"') || '"'"""


def _epoch_seconds(text: str) -> str:
    """Times after 1970 in any unit, told by magnitude: read as seconds, 1e11 is the year 5138."""
    number = f"try_cast(split_part({text}, '.', 1) as bigint)"
    unit = (
        f"case when {number} < 100000000000 then 1 when {number} < 100000000000000 then 1000 "
        f"when {number} < 100000000000000000 then 1000000 else 1000000000 end"
    )
    # The zone is always that of the session, UTC, unless the text has one; a fraction is cut, not rounded.
    instant = f"cast(floor(epoch(try_cast({text} as timestamptz))) as bigint)"
    seconds = f"case when {_is(text, _EPOCH)} then {number} // ({unit}) when {_is(text, _ISO_8601)} then {instant} end"
    return f"nullif(greatest({seconds}, 0), 0)"


def _is(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"
