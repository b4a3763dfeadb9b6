"""What was given to be checked: files by dataset, each dataset with its schema, given or told from the header."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from data_prep import checks, s3, schemas, sources
from data_prep.errors import ManifestError, SourceError
from data_prep.inference.profile import Profile
from data_prep.manifest import Manifest
from data_prep.schemas import DatasetType, Field

_SAMPLED_ROWS = 20_000
_MAX_CATEGORIES = 1000


@dataclass(frozen=True)
class CsvFile:
    """A file and its name in messages; its header as an import reads it."""

    name: str
    path: Path
    header: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """The files of one dataset.

    Attributes:
        schema: its Avro schema.
        told: where the schema is from, in words.
    """

    type: DatasetType
    files: tuple[CsvFile, ...]
    schema: Mapping[str, Any]
    told: str


@dataclass
class Collected:
    """What patterns name.

    Attributes:
        files: by name, where each is on this machine.
        passed_over: what an import of a folder would not read.
        schemas: those that lie beside files.
    """

    files: dict[str, Path] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    schemas: list[Path] = field(default_factory=list)


def collect(patterns: Sequence[str], folder: Path) -> Collected:
    """The files that patterns name, those in S3 brought into a folder; of a preparation, what it has made.

    Raises:
        SourceError: a pattern names no file, or S3 cannot be read.
    """
    found = Collected()
    for number, pattern in enumerate(patterns):
        apart = folder / str(number)
        if pattern.startswith("s3://"):
            _collect_objects(pattern, apart, found)
        elif made := _preparation(Path(pattern)):
            for dataset in made.datasets.values():
                places = [made.place(part.file) for part in dataset.parts]
                found.files |= dict(
                    zip(map(str, places), made.here(dataset.parts, apart / dataset.schema_file), strict=True)
                )
                found.schemas.append(made.folder / dataset.schema_file)
        else:
            _collect_files(pattern, found)
    if not found.files:
        some = ", ".join(found.passed_over[:5])
        raise SourceError(f"there is no file directly in {', '.join(patterns)}, but {some}")
    return found


def _preparation(folder: Path) -> Manifest | None:
    with suppress(ManifestError):
        return Manifest.read(folder)
    return None


def _collect_objects(pattern: str, folder: Path, found: Collected) -> None:
    for place, uri in enumerate(s3.find(pattern)):
        # An import takes the files directly in a folder only [developer guide: bulk data import].
        if pattern.endswith("/") and "/" in uri.removeprefix(pattern):
            found.passed_over.append(uri)
        else:
            found.files[uri] = s3.download(uri, folder / str(place))


def _collect_files(pattern: str, found: Collected) -> None:
    root = Path(pattern)
    for path in sources.find([pattern], Path.cwd()):
        if root.is_dir() and path.parent.resolve() != root.resolve():
            found.passed_over.append(str(path.relative_to(root.resolve() if path.is_absolute() else root)))
        else:
            found.files[pattern if root.is_file() else str(_shown(path))] = path


def given(files: Mapping[str, Path], given_schemas: Sequence[Path], domain: str | None) -> list[Given]:
    """The files by dataset, with their schemas, interactions first.

    Raises:
        SourceError: a schema is none that the service takes, or it cannot be told which dataset a file is of.
    """
    read = [CsvFile(name, path, _header(name, path)) for name, path in files.items()]
    by_type = {kind.name: (schema, str(path)) for path in given_schemas for kind, schema in [_schema(path, domain)]}
    datasets: dict[str, list[CsvFile]] = {}
    for file in read:
        datasets.setdefault(_type_of(file, by_type, domain).name, []).append(file)
    order = list(schemas.DATASET_TYPES[domain])
    made = []
    for name in sorted(datasets, key=order.index):
        kind, some = schemas.DATASET_TYPES[domain][name], tuple(datasets[name])
        schema, told = by_type.get(name) or (_inferred(kind, some), "told from the header and the values")
        made.append(Given(kind, some, schema, told))
    return made


def _schema(path: Path, domain: str | None) -> tuple[DatasetType, Mapping[str, Any]]:
    try:
        schema = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as a schema: {error}") from error
    if problems := schemas.validate(schema, domain):
        raise SourceError("\n".join(f"{path}: {problem}" for problem in problems))
    return schemas.dataset_type_of(schema, domain), schema


def _type_of(file: CsvFile, given_schemas: Mapping[str, Any], domain: str | None) -> DatasetType:
    """The dataset that a file is of: by its name, else by its columns."""
    known = schemas.DATASET_TYPES[domain]
    stem = Path(file.name).name.partition(".")[0].lower()
    if stem in known:
        return known[stem]
    columns = {name.strip('"').upper() for name in file.header}
    if len(given_schemas) == 1:
        return known[next(iter(given_schemas))]
    if "ACTION_ID" in columns:
        return known["action_interactions" if {"USER_ID", "TIMESTAMP"} & columns else "actions"]
    if "ITEM_ID" in columns and {"USER_ID", "TIMESTAMP"} & columns:
        return known["interactions"]
    for column, name in (("ITEM_ID", "items"), ("USER_ID", "users")):
        if column in columns:
            return known[name]
    raise SourceError(f"{file.name}: {_unknown(file.header)}")


def _unknown(header: Sequence[str]) -> str:
    """Why it cannot be told what a file is, by its header."""
    first = ",".join(header)
    if first.lstrip().startswith(("{", "[")):
        return "this is JSON, and an import reads CSV; `personalize prep` makes it of raw logs"
    if len(header) == 1 and (mark := next((mark for mark in "\t;|" if mark in first), None)):
        return f"an import reads values between commas, and the header has {mark!r}; `personalize prep` converts it"
    shown = ", ".join(name[:30] for name in header[:8]) + (", …" if len(header) > 8 else "")
    return (
        f"it cannot be told which dataset this is of; its columns are {shown}, and USER_ID, ITEM_ID and TIMESTAMP "
        "would make interactions; `personalize prep init` drafts how to prepare raw logs"
    )


def _header(name: str, path: Path) -> tuple[str, ...]:
    if path.suffix.lower() in sources.COMPRESSIONS or path.suffix.lower() == ".parquet":
        raise SourceError(f"{name}: an import reads CSV files as they are, not {path.suffix}; unpack or convert it")
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as lines:
            return tuple(next(checks.read_csv(lines), []))
    except (OSError, ValueError, StopIteration) as error:
        raise SourceError(f"{name} cannot be read: {error}") from error
    except csv.Error:
        return ()


def _inferred(kind: DatasetType, files: Sequence[CsvFile]) -> dict[str, Any]:
    """A schema for the columns that the files have: reserved ones as they must be, others as their values look."""
    columns = _sampled(files[0])
    fields = list(kind.required) + [
        kind.known(name) or _field(kind, Profile.of(name, values))
        for name, values in columns.items()
        if name not in {field.name for field in kind.required}
    ]
    order = {name: place for place, name in enumerate(files[0].header)}
    return schemas.avro(kind, sorted(fields, key=lambda field: order.get(field.name, len(order))))


def _field(kind: DatasetType, profile: Profile) -> Field:
    nullable = len(profile.filled) < len(profile.values)
    if profile.is_number:
        return Field(profile.name, "long" if profile.is_integer else "float", nullable=nullable)
    textual = kind.name == "items" and profile.words > 6
    few = profile.categories <= _MAX_CATEGORIES and profile.uniqueness < 0.9
    return Field(profile.name, nullable=nullable, categorical=few and not textual)


def _sampled(file: CsvFile) -> dict[str, list[str | None]]:
    columns: dict[str, list[str | None]] = {name: [] for name in file.header}
    for row in islice(rows_of(file.path), _SAMPLED_ROWS):
        for name, value in zip(file.header, row, strict=False):
            columns[name].append(value or None)
    return columns


def rows_of(path: Path) -> Iterator[list[str]]:
    """The rows of a file behind its header, as far as it can be read."""
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        records = checks.read_csv(lines)
        try:
            next(records, None)
            yield from records
        except csv.Error:
            return


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
