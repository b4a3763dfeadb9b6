"""Files into DuckDB, line by line, so that no line is lost and each keeps its number.

DuckDB's own CSV reader skips what it cannot parse: one stray quotation mark can cost hundreds of thousands of lines.
So every line goes into the table `lines` as it is, the row id being its place, and is then split in SQL, which is as
fast. A Parquet file's rows become lines of JSON. Tables: `lines (file, text)`, text null for an empty line, and
`unreadable (file, line, text)` for what is no text at all.
"""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_prep.dataset import File
from data_prep.errors import SourceError, first_line
from data_prep.rules import BROKEN, ROW, literal, quoted
from data_prep.sources import Format, format_of
from data_prep.spec import ColumnSpec
from data_prep.stitching import Dialect, spans

_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_LINES = 10_000  # of JSON, from which the columns are told
_LINES_OF = """
         read_csv({path}, auto_detect = false, header = false, columns = {{'text': 'varchar'}}, quote = '', escape = '',
                  delim = '{never}', strict_mode = false, store_rejects = true, rejects_table = 'reject_errors')
"""
PLAIN = '"prep: plain"'
_PLAIN_JSON = f"{PLAIN} and not contains({{0}}, ' ')"
NEVER = "\x01\x02\x03\x04"  # a delimiter that no text has: each line is one value


@dataclass(frozen=True)
class Loaded:
    """A file whose lines are in the table `lines`.

    Attributes:
        start: the row id of its first line.
        first: the row id of the first line with a row, behind a header.
        columns: what the file calls its columns.
        relation: a SELECT of `ROW` (the row id), `BROKEN` and the columns, all of which are text.
        plain: a predicate for a value that needs no cleaning, as in `rules.text_of`.
    """

    file: File
    start: int
    first: int
    columns: tuple[str, ...]
    relation: str
    plain: str


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that `load` fills."""
    connection.execute("create or replace table lines (file integer, text varchar)")
    connection.execute("create or replace table unreadable (file integer, line bigint, text varchar)")


def load(connection: duckdb.DuckDBPyConnection, file: File, number: int, wanted: Sequence[ColumnSpec]) -> Loaded:
    """Load a file as number `number`.

    Args:
        wanted: what its columns are for: of JSON, no others are read, but for nested ones that are named.

    Raises:
        SourceError: the file cannot be read, is empty or has a header that names columns twice.
    """
    try:
        match Format(file.spec.format) if file.spec.format else format_of(file.path):
            case Format.CSV:
                return _load_csv(connection, file, number)
            case Format.JSON_LINES:
                return _json_lines(connection, file, number, _load_lines(connection, file, number), wanted)
            case Format.PARQUET:
                return _load_parquet(connection, file, number, wanted)
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, OSError, EOFError, UnicodeError, LookupError, csv.Error) as error:
        raise SourceError(f"{shown(file)} cannot be read: {first_line(error)}") from error


def shown(file: File) -> str:
    """A file in a message: where it lies, or its URI."""
    return file.name if file.name.startswith("s3://") else str(file.path)


def _load_csv(connection: duckdb.DuckDBPyConnection, file: File, number: int) -> Loaded:
    dialect, header = _header(connection, file)
    delimiter = dialect.delimiter
    start = _load_lines(connection, file, number)
    first = start if file.spec.header else start + 1
    quote = literal(dialect.quote)
    if not dialect.quote:
        split = f"string_split(text, {literal(delimiter)})"
    else:
        _stitch(connection, first, dialect)
        # The delimiter before the first field lets every match begin with one, also that of an empty field.
        pattern = f"(?s)\\x{ord(delimiter):02x}({dialect.field})"
        all_fields = f"regexp_extract_all({literal(delimiter)} || text, {literal(pattern)}, 1)"
        bare = "regexp_replace(x[2:-2], '(?s)\\\\(.)', '\\1', 'g')"
        if not dialect.backslash:
            bare = f"replace(x[2:-2], {literal(dialect.quote * 2)}, {quote})"
        split = f"""case
                  when not contains(text, {quote}) then string_split(text, {literal(delimiter)})
                  when regexp_full_match(text, {literal(dialect.record)})
                  then list_transform({all_fields},
                                      lambda x: case when starts_with(x, {quote}) then {bare} else x end)
                  else [] end"""
    # A space matters at the ends of a value only; most lines have none at all.
    ends = " or ".join(f"contains(text, {literal(mark)})" for mark in (f" {delimiter}", f"{delimiter} "))
    ends = f"case when contains(text, ' ') then starts_with(text, ' ') or suffix(text, ' ') or {ends} else false end"
    marks = [f"contains(text, {literal(mark)})" for mark in (dialect.quote, "\t") if mark not in ("", delimiter)]
    odd = " or ".join([*marks, ends])
    relation = f"""
        select {ROW}, len(cells) <> {len(header)} as {BROKEN}, {PLAIN},
               {", ".join(f"cells[{place}] as {quoted(name)}" for place, name in enumerate(header, start=1) if name)}
        from (select rowid as {ROW}, {split} as cells, not ({odd}) and strlen(text) = length(text) as {PLAIN}
              from lines where file = {number} and rowid >= {first} and text is not null)"""
    return Loaded(file, start, first, tuple(filter(None, header)), relation, PLAIN)


def _load_parquet(
    connection: duckdb.DuckDBPyConnection, file: File, number: int, wanted: Sequence[ColumnSpec]
) -> Loaded:
    start = _next_row(connection)
    connection.execute(
        f"insert into lines select {number}, to_json(parquet) from read_parquet({literal(str(file.path))}) parquet"
    )
    return _json_lines(connection, file, number, start, wanted)


def _json_lines(
    connection: duckdb.DuckDBPyConnection, file: File, number: int, start: int, wanted: Sequence[ColumnSpec]
) -> Loaded:
    sample = connection.execute(
        f"select text from lines where file = {number} and text is not null limit {_SAMPLE_LINES}"
    ).fetchall()
    is_list: dict[str, bool] = {}
    for record in _objects(text for (text,) in sample):
        for name, value in record.items():
            is_list[name] = is_list.get(name, False) or isinstance(value, list)
    if not is_list:
        raise SourceError(f"{shown(file)} has no JSON objects, one a line")
    origins = dict.fromkeys(column.column for column in wanted if column.column)
    nested = [name for name in origins if name.startswith("$.") and name not in is_list]
    expressions = " ".join(column.sql for column in wanted if column.sql).lower()  # SQL does not tell A from a
    top = {name: many for name, many in is_list.items() if name in origins or quoted(name)[1:-1].lower() in expressions}
    top = top if top or nested else is_list
    paths = ", ".join(literal(path) for path in [*("$." + quoted(name) for name in top), *nested])
    # The lists of categories that JSON has become one text, with the bar that the service wants.
    joined = """case when starts_with({0}, '[') and json_valid({0})
                then array_to_string(from_json({0}, '["VARCHAR"]'), '|') else {0} end"""
    are_lists = top | dict.fromkeys(nested, True)
    cells = [
        joined.format(f"cells[{place}]") if many else f"cells[{place}]"
        for place, many in enumerate(are_lists.values(), start=1)
    ]
    relation = f"""
        select {ROW}, cells is null as {BROKEN}, {PLAIN},
               {", ".join(f"{cell} as {quoted(name)}" for name, cell in zip(are_lists, cells, strict=True))}
        from (select rowid as {ROW},
                     case when (starts_with(text, '{{') or starts_with(ltrim(text), '{{')) and json_valid(text)
                     then json_extract_string(text, [{paths}]) end as cells,
                     not contains(text, '\\') and strlen(text) = length(text) as {PLAIN}
              from lines where file = {number} and text is not null)"""
    return Loaded(file, start, start, (*is_list, *nested), relation, _PLAIN_JSON)


def _load_lines(connection: duckdb.DuckDBPyConnection, file: File, number: int) -> int:
    start = _next_row(connection)
    connection.execute("drop table if exists reject_errors")
    connection.execute("drop table if exists reject_scans")
    lines = _LINES_OF.format(path=literal(str(file.path)), never=NEVER)
    connection.execute(f"insert into lines select {number}, text from {lines}")
    connection.execute(f"""insert into unreadable select distinct on (line) {number}, line,
                           trim(csv_line, chr(10) || chr(13)) from reject_errors""")
    return start


def _next_row(connection: duckdb.DuckDBPyConnection) -> int:
    (count,) = connection.execute("select count(*) from lines").fetchone()
    return int(count)


def _stitch(connection: duckdb.DuckDBPyConnection, start: int, dialect: Dialect) -> None:
    """Put records of several lines together on their first line; the others become empty."""
    marked = f"""from lines where rowid >= {start} and contains(text, {literal(dialect.quote)})"""
    whole = f"regexp_full_match(text, {literal(dialect.record)})"
    (open_lines,) = connection.execute(f"select count(*) {marked} and not {whole}").fetchone()
    if not open_lines:
        return
    lines = connection.execute(f"select rowid, text {marked} order by rowid")
    found = list(spans(_rows(lines), dialect))
    if not found:
        return
    connection.execute(
        'create or replace temp table spans as select unnest(?::bigint[]) as "first", unnest(?::bigint[]) as "last"',
        [[span.first for span in found], [span.last for span in found]],
    )
    connection.execute("""
        create or replace temp table stitched as
        select s."first", s."last", string_agg(coalesce(text, ''), chr(10) order by lines.rowid) as text
        from lines join (select *, unnest(range("first", "last" + 1)) as place from spans) s
        on lines.rowid = s.place group by all""")
    connection.execute("""
        update lines set text = null where rowid in (select unnest(range("first" + 1, "last" + 1)) from stitched)""")
    connection.execute('update lines set text = s.text from stitched s where lines.rowid = s."first"')
    connection.execute("drop table spans")


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, str]]:
    while batch := result.fetchmany(10_000):
        yield from batch


def _header(connection: duckdb.DuckDBPyConnection, file: File) -> tuple[Dialect, tuple[str, ...]]:
    spec = file.spec
    line = _first_line(connection, file.path)
    delimiter = spec.delimiter or max(_DELIMITERS, key=line.count)
    dialect = Dialect(delimiter, spec.quote, spec.escape == "backslash")
    if spec.header:
        return dialect, spec.header
    reader = csv.reader([line], delimiter=delimiter, quotechar=spec.quote) if spec.quote else [line.split(delimiter)]
    names = tuple(name.strip() for name in next(iter(reader), []))
    if not any(names):
        raise SourceError(f"{shown(file)} is empty; its first line should name the columns")
    spellings = [name.lower() for name in names]  # SQL does not tell A from a
    repeated = sorted({name for name in names if name and spellings.count(name.lower()) > 1})
    if repeated:
        raise SourceError(f"{shown(file)} names the columns {repeated} more than once, got {list(names)}")
    return dialect, names


def _first_line(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    if path.suffix.lower() == ".zst":  # which Python cannot read
        lines = _LINES_OF.format(path=literal(str(path)), never=NEVER)
        (text,) = connection.execute(f"select text from {lines} limit 1").fetchone() or ("",)
        return str(text or "")
    open_text = gzip.open if path.suffix.lower() == ".gz" else open
    with open_text(path, "rt", encoding="utf-8-sig", newline="") as opened:
        return str(opened.readline()).rstrip("\r\n")


def _objects(texts: Iterable[str]) -> Iterator[dict[str, object]]:
    for text in texts:
        try:
            record = json.loads(text)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record
