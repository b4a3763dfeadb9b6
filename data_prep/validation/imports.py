"""What an import would refuse in the files of a dataset, as findings with the lines that prove it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from data_prep import checks, schemas
from data_prep.checks import MAX_PROBLEMS, Problem
from data_prep.summary.model import Evidence, Finding
from data_prep.validation.given import CsvFile, Given

SHOWN = 3


def findings(given: Given, mode: str) -> list[Finding]:
    """Check the files of a dataset as an import would, whose mode is FULL or INCREMENTAL."""
    found = [*_about_schema(given), *_about_headers(given)]
    rows = 0
    for file in given.files:
        checked, problems = _checked(file, given)
        rows += checked
        found += problems
    found += [_error(given, "import", str(problem)) for problem in checks.check_amount(given.type, rows)]
    size = sum(file.path.stat().st_size for file in given.files)
    found += [_error(given, "import", problem) for problem in checks.check_size(mode, size)]
    return found


def _about_schema(given: Given) -> Iterator[Finding]:
    fields = schemas.fields_of(given.schema)
    for problem in schemas.check_fields(given.type, fields):
        yield _error(given, "schema", problem)
    names = [field.name for field in fields]
    header = [name for name in given.files[0].header if name in names]
    if header != [name for name in names if name in header]:
        yield _warning(
            given,
            "field_order",
            f"the header has the columns in another order ({', '.join(header)}) than the schema "
            f"({', '.join(names)}); the service asks for the same one",
        )


def _about_headers(given: Given) -> Iterator[Finding]:
    names = {field.name for field in schemas.fields_of(given.schema)}
    first = given.files[0]
    for file in given.files:
        raw = _first_line(file.path)
        if raw.startswith("\ufeff"):
            yield _error(
                given, "header", f"{file.name} begins with a byte order mark, which becomes a part of the first name"
            )
        if '"' in raw:
            yield _error(given, "header", f"{file.name}: the header has quotation marks; the service wants it without")
        if twice := sorted({name for name in file.header if file.header.count(name) > 1}):
            yield _error(given, "header", f"{file.name} names columns more than once: {', '.join(twice)}")
        if file.header != first.header:
            yield _error(
                given,
                "header",
                f"{file.name} has another header than {first.name}; all files of an import have the same one",
            )
        if surplus := [name for name in file.header if name not in names]:
            yield _warning(
                given,
                "surplus_columns",
                f"{file.name} has columns that the schema does not: {', '.join(surplus)}; "
                "whether the service passes over them is not documented",
            )


def _checked(file: CsvFile, given: Given) -> tuple[int, list[Finding]]:
    """Check each row; the same problem in many rows is one finding."""
    try:
        with file.path.open(encoding="utf-8", newline="") as lines:
            checked = checks.check_csv(lines, given.schema)
    except UnicodeDecodeError:
        line, byte = _not_utf8(file.path)
        text = f"{file.name}: the data is not encoded in UTF-8: line {line} has the byte 0x{byte:02X}"
        return 0, [_error(given, "import", text)]
    kinds: dict[tuple[str | None, str], list[Problem]] = {}
    for problem in checked.problems:
        kinds.setdefault((problem.column, _kind(problem)), []).append(problem)
    cut = len(checked.problems) >= MAX_PROBLEMS
    return checked.rows, [_finding(file, given, problems, cut=cut) for problems in kinds.values()]


def _kind(problem: Problem) -> str:
    """A problem without the value that has it."""
    message = problem.message
    for end in (" is not", ", got"):
        head, mark, tail = message.partition(end)
        if mark:
            return tail if end == " is not" else head
    return message


def _finding(file: CsvFile, given: Given, problems: Sequence[Problem], *, cut: bool) -> Finding:
    first = problems[0]
    place = f"{first.column}: " if first.column else ""
    more = f"at least {len(problems)} rows" if cut else f"{len(problems)} rows"
    many = f" ({more})" if first.row and len(problems) > 1 else ""
    lines = [problem.row for problem in problems[:SHOWN] if problem.row]
    return _error(given, "import", f"{file.name}: {place}{first.message}{many}", _rows(file, lines))


def _rows(file: CsvFile, wanted: Sequence[int]) -> tuple[Evidence, ...]:
    """Records by their number, as an import counts them, the header being 1."""
    found = []
    with file.path.open(encoding="utf-8", errors="replace", newline="") as lines:
        for number, line in enumerate(islice(lines, max(wanted, default=0)), start=1):
            if number in wanted:
                found.append(Evidence(file=file.name, line=number, row=line.rstrip("\r\n")))
    return tuple(found)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return lines.readline()


def _not_utf8(path: Path) -> tuple[int, int]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, line[error.start]
    return 1, 0


def _error(given: Given, check: str, text: str, rows: tuple[Evidence, ...] = ()) -> Finding:
    return Finding(severity="error", check=check, dataset=given.type.name, text=text, evidence=rows)


def _warning(given: Given, check: str, text: str) -> Finding:
    return Finding(severity="warning", check=check, dataset=given.type.name, text=text)
