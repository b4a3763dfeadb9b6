"""A sample of a file: its first rows, and some from the middle and the end, as columns of text.

A sample is small (some megabytes), and how a file is written is told from it: encoding, dialect, header, nesting.
"""

import codecs
import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import duckdb

from data_prep.errors import SourceError, first_line
from data_prep.inference.dialect import dialect_of
from data_prep.inference.remote import Remote
from data_prep.rules import literal
from data_prep.sources import COMPRESSIONS, Format, format_of

_HEAD_BYTES, _BLOCK_BYTES = 3_000_000, 500_000
MOST_ROWS = 20_000
_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Sample:
    """Some rows of a file.

    Attributes:
        columns: by name, or by path in nested JSON (`$.user.id`), the values: text, or None where there is none.
        shape: what a source has to declare to be read, as `{"delimiter": "^"}`; nothing where it reads by itself.
        why: what the shape was told from, a sentence each.
        lists: columns that hold lists, whose parts are joined by `|`.
        unusable: columns with what no column of a dataset can be, and why.
        text: the sampled rows as a file of UTF-8 of the same shape; None for Parquet.
        stands_for: files, or URIs, that were not looked into, and are taken to be like this one.
        remote: where it is, when what is here is a copy of some of it.
    """

    path: Path
    format: Format
    columns: Mapping[str, Sequence[str | None]]
    shape: Mapping[str, Any]
    why: tuple[str, ...]
    lists: frozenset[str] = frozenset()
    unusable: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    stands_for: tuple[Path | str, ...] = ()
    remote: Remote | None = None

    @property
    def place(self) -> Path | str:
        """The file, or the URI of the object."""
        return self.remote.uri if self.remote else self.path

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return len(next(iter(self.columns.values()), ()))


def sample(path: Path) -> Sample:
    """Take a sample of a file.

    Raises:
        SourceError: it is empty, or written in a way that cannot be read; the message says what to do.
    """
    try:
        return _sample(path)
    except (OSError, EOFError, UnicodeError, csv.Error, duckdb.Error) as error:
        raise SourceError(f"{path} cannot be read: {first_line(error)}") from error


def _sample(path: Path) -> Sample:
    try:
        told: Format | None = format_of(path)
    except SourceError:
        told = None
    if told is Format.PARQUET:
        return _of_json(path, _parquet_lines(path), Format.PARQUET, {}, ())
    text, encoding, why = _decoded(path, _blocks(path))
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise SourceError(f"{path} is empty")
    shape: dict[str, Any] = {"encoding": encoding} if encoding != "utf-8" else {}
    if lines[0].lstrip().startswith("["):
        raise SourceError(
            f"{path} is one JSON list, and rows are read one a line; convert it, as by `jq -c '.[]' {path.name}`"
        )
    found = Format.JSON_LINES if lines[0].lstrip().startswith("{") else Format.CSV
    if found is not told:
        shape["format"] = found.value
        why += (f"its first line reads as {found.value}, whatever its name says",)
    if found is Format.JSON_LINES:
        return _of_json(path, lines, found, shape, why)
    return _of_csv(path, text, shape, why)


def _of_csv(path: Path, text: str, shape: dict[str, Any], why: tuple[str, ...]) -> Sample:
    dialect = dialect_of(path, text)
    records = [row for row in dialect.records(text) if row]
    header = dialect.header or [name.strip() for name in records[0]]
    body = _thinned(records if dialect.header else records[1:])
    fitting = [row for row in body if len(row) == len(header)]
    if not fitting:
        raise SourceError(f"{path} has a line with the columns' names ({', '.join(header)}) and no rows")
    columns = {name: [row[place].strip() or None for row in fitting] for place, name in enumerate(header) if name}
    why = (*why, *dialect.why)
    if broken := len(body) - len(fitting):
        why += (f"{broken} of {len(body)} sampled rows have another number of values; they will be kept aside",)
    return Sample(path, Format.CSV, columns, {**shape, **dialect.shape}, why, text=text)


def _of_json(path: Path, lines: Sequence[str], found: Format, shape: dict[str, Any], why: tuple[str, ...]) -> Sample:
    records = list(_objects(_thinned(lines)))
    if not records:
        raise SourceError(f"{path} has no JSON objects, one a line; its first line is {lines[0][:80]!r}")
    lists, unusable = set[str](), dict[str, str]()
    rows: list[dict[str, str | None]] = []
    for record in records:
        row: dict[str, str | None] = {}
        _flatten(record, (), row, lists, unusable)
        rows.append(row)
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names if name not in unusable}
    if broken := len(_thinned(lines)) - len(records):
        why += (f"{broken} of {len(_thinned(lines))} sampled lines are no JSON objects; they will be kept aside",)
    if nested := [name for name in columns if name.startswith("$.")]:
        why += (f"{len(nested)} columns are inside of others and named by their path",)
    text = None if found is Format.PARQUET else "\n".join(lines) + "\n"
    return Sample(path, found, columns, shape, why, frozenset(lists - unusable.keys()), unusable, text)


def _thinned(rows: Sequence[_Row]) -> Sequence[_Row]:
    """At most so many rows, evenly over all that were read."""
    return rows[:: -(-len(rows) // MOST_ROWS) or 1]


def _flatten(
    value: Mapping[str, Any],
    path: tuple[str, ...],
    row: dict[str, str | None],
    lists: set[str],
    unusable: dict[str, str],
) -> None:
    for key, inner in value.items():
        place = (*path, key)
        name = key if not path else "$." + ".".join(_step(step) for step in place)
        if isinstance(inner, Mapping):
            _flatten(inner, place, row, lists, unusable)
        elif isinstance(inner, list):
            if any(isinstance(part, dict | list) for part in inner):
                unusable[name] = "it holds lists of objects; a row of a dataset has one of each value"
            lists.add(name)
            row[name] = "|".join(_text(part) or "" for part in inner) or None
        else:
            row[name] = _text(inner)


def _step(name: str) -> str:
    return name if name.isidentifier() else f'"{name}"'


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def _parquet_lines(path: Path) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(
            f"select to_json(parquet) from read_parquet({literal(str(path))}) parquet limit {MOST_ROWS}"
        ).fetchall()
    if not found:
        raise SourceError(f"{path} is empty")
    return [line for (line,) in found]


def _blocks(path: Path) -> list[bytes]:
    """The first bytes of a file, and where it can be sought in, some of the middle and the end, cut at lines."""
    suffix = path.suffix.lower()
    if suffix == ".zst":  # which Python cannot read
        with duckdb.connect() as connection:
            ((content,),) = connection.execute(
                f"select content from read_text({literal(str(path))}, compression = 'zstd')"
            ).fetchall()
        return [_whole_lines(str(content).encode()[:_HEAD_BYTES], _HEAD_BYTES)]
    with cast(BinaryIO, gzip.open(path)) if suffix in COMPRESSIONS else path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        blocks = [_whole_lines(head, _HEAD_BYTES)]
        size = path.stat().st_size
        if suffix not in COMPRESSIONS and size > _HEAD_BYTES + 2 * _BLOCK_BYTES and b"\0" not in head:
            for start in ((_HEAD_BYTES + size) // 2 - _BLOCK_BYTES, size - _BLOCK_BYTES):
                file.seek(start)
                blocks.append(_whole_lines(file.read(_BLOCK_BYTES), _BLOCK_BYTES).partition(b"\n")[2])
    return blocks


def _whole_lines(block: bytes, full: int) -> bytes:
    return block if len(block) < full else block[: block.rfind(b"\n") + 1]


def _decoded(path: Path, blocks: Sequence[bytes]) -> tuple[str, str, tuple[str, ...]]:
    """The text, the encoding that a source has to declare, and what it was told from."""
    raw, why = b"".join(blocks), tuple[str, ...]()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text, encoding = raw.decode("utf-16"), "utf-16"
        why = ("it begins with the mark of UTF-16",)
    elif b"\0" in raw[:1000]:
        raise SourceError(f"{path} is not text; CSV, JSON Lines and Parquet can be read, also with .gz or .zst")
    else:
        try:
            text, encoding = raw.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            text, encoding = raw.decode("cp1252", errors="replace"), "cp1252"
            why = (f"line {line} has the byte 0x{raw[error.start]:02X}, which is no UTF-8; read as Windows-1252",)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding, why
