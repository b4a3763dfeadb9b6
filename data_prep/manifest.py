"""The record of a finished preparation: what was made from what, and whether that still holds.

It is written last, so a folder with a manifest is a finished one. Standard library only.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from data_prep import s3, sources
from data_prep.errors import ManifestError, SourceError

FILE_NAME = "manifest.json"
_VERSION = 4


@dataclass(frozen=True)
class SourceFile:
    """A file that was read, with what tells whether it has changed since."""

    path: str  # relative to the configuration's folder
    bytes: int
    modified_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path, name: str) -> Self:
        """Describe a file as it is now, under a name: relative to the configuration's folder, or an S3 URI."""
        status = path.stat()
        return cls(name, status.st_size, status.st_mtime_ns, sha256(path))

    def has_changed(self, root: Path) -> bool:
        """Whether the content differs; it is read only when the size is the same and the time is not."""
        status = (root / self.path).stat()
        if status.st_size == self.bytes and status.st_mtime_ns == self.modified_ns:
            return False
        return status.st_size != self.bytes or sha256(root / self.path) != self.sha256


@dataclass(frozen=True)
class Part:
    """A CSV file with rows of a dataset; each has the header.

    Attributes:
        file: relative to the folder of the preparation.
        sha256: of its content, in hexadecimal.
    """

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class PreparedDataset:
    """One dataset's prepared files, and the counts that add up: rows_read = rows_written + all rejected and set aside.

    Attributes:
        mode: INCREMENTAL when the files only have what the full output before them, `baseline`, has not.
        aside: rows that are good but not written: held out, or unchanged since the full output.
        hold_out: the file with the interactions that are held out, from `hold_out_since` (epoch seconds) on.
    """

    parts: tuple[Part, ...]  # one file, or those of a folder that is the dataset's own
    schema_file: str
    rows_read: int
    rows_written: int
    rejected: Mapping[str, int]  # reason -> rows
    columns: tuple[str, ...]
    first_timestamp: int | None = None  # epoch seconds; interactions only, as the rest
    last_timestamp: int | None = None
    users: int | None = None
    items: int | None = None
    event_types: Mapping[str, int] = field(default_factory=dict)  # event type -> interactions
    time_forms: Mapping[str, int] = field(default_factory=dict)  # seconds, milliseconds, …, text -> interactions
    quarantine_file: str | None = None  # where the rejected rows are
    sources: tuple[SourceFile, ...] = ()
    mode: Literal["FULL", "INCREMENTAL"] = "FULL"
    baseline: tuple[Part, ...] = ()
    aside: Mapping[str, int] = field(default_factory=dict)
    hold_out: Part | None = None
    hold_out_since: int | None = None

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Self:
        """Restore what `asdict` and JSON made of it."""
        sources_read = tuple(SourceFile(**source) for source in stored["sources"])
        files = {name: tuple(Part(**part) for part in stored[name]) for name in ("parts", "baseline")}
        held = stored["hold_out"]
        columns = tuple(stored["columns"])
        return cls(
            **{**stored, **files, "columns": columns, "sources": sources_read, "hold_out": held and Part(**held)}
        )

    @property
    def location(self) -> str:
        """The file, or the folder of the files with a slash at its end, relative to the folder of the preparation."""
        return self.parts[0].file if len(self.parts) == 1 else f"{self.parts[0].file.rpartition('/')[0]}/"

    @property
    def sha256(self) -> str:
        """What tells the content of the files from another."""
        return content_hash(self.parts)


@dataclass(frozen=True)
class Manifest:
    """A finished preparation.

    Attributes:
        datasets: by the dataset's name in the configuration.
        spec: the specification that was followed, as `data_prep.spec.fingerprint` gives it.
        folder: where the files are.
        domain: the domain whose datasets they are; None for a custom dataset group.
        report: the page, beside which its figures are as JSON.
        store: where the files with rows are, and paths of these are relative to, if not in the folder: an S3 URI.
    """

    datasets: Mapping[str, PreparedDataset]
    spec: Mapping[str, Any]
    folder: Path = field(compare=False)
    domain: str | None = None
    report: str = "report.html"
    store: str | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of a folder.

        Raises:
            ManifestError: there is none, or it was not written by this version; whoever catches it knows the command.
        """
        path = folder / FILE_NAME
        try:
            return cls.parse(path.read_text("utf-8"), folder, str(path))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ManifestError(f"there are no prepared files in {folder}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise ManifestError(f"{path} cannot be read ({error})") from error

    @classmethod
    def parse(cls, text: str, folder: Path, name: str) -> Self:
        """Restore what `dump` made.

        Args:
            name: of the text, in messages.

        Raises:
            ManifestError: it was not made by this version.
        """
        try:
            stored = json.loads(text)
            if stored["version"] != _VERSION:
                raise ManifestError(f"{name} is of another version")
            datasets = {name: PreparedDataset.parse(dataset) for name, dataset in stored["datasets"].items()}
            told = {name: stored[name] for name in ("report", "store") if name in stored}
            return cls(datasets, stored["spec"], folder, stored["domain"], **told)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ManifestError(f"{name} cannot be read ({error})") from error

    def dump(self) -> str:
        """The manifest as text."""
        stored = {
            "version": _VERSION,
            "domain": self.domain,
            "report": self.report,
            "store": self.store,
            "spec": self.spec,
            "datasets": {name: asdict(dataset) for name, dataset in self.datasets.items()},
        }
        return json.dumps(stored, indent=2)

    def write(self, folder: Path | None = None) -> None:
        """Write the manifest into its folder, or another, whole or not at all."""
        path = (folder or self.folder) / FILE_NAME
        unfinished = path.with_suffix(".partial")
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(self.dump())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)

    def files(self) -> Iterator[str]:
        """The files of all datasets, as the manifest names them."""
        for dataset in self.datasets.values():
            held = [dataset.hold_out.file] if dataset.hold_out else []
            yield from (*(part.file for part in (*dataset.parts, *dataset.baseline)), *held, dataset.schema_file)
            if dataset.quarantine_file:
                yield dataset.quarantine_file

    def place(self, file: str) -> str | Path:
        """Where a file with rows lies: a path, or the URI of an object."""
        return f"{self.store}/{file}" if self.store else self.folder / file

    def here(self, parts: Sequence[Part], folder: Path) -> list[Path]:
        """The files of some parts on this machine, brought into a folder if they are in S3.

        Raises:
            SourceError: they cannot be brought.
        """
        places = [(self.place(part.file), folder / str(number)) for number, part in enumerate(parts)]
        return [s3.download(place, apart) if isinstance(place, str) else place for place, apart in places]

    def is_current(self, spec: Mapping[str, Any], root: Path, domain: str | None = None) -> list[str]:
        """Why the prepared files no longer are what a preparation would make now; empty when they still are.

        Cheap: a source is read only when its size is the same and its time is not, and nobody asks S3 what it has.

        Args:
            spec: the specification now, as `data_prep.spec.fingerprint` gives it.
            root: the folder that sources are relative to.
            domain: the domain now.
        """
        reasons = [] if domain == self.domain else ["domain has changed"]
        reasons += _differences(self.spec, spec)
        for name, dataset in self.datasets.items():
            reasons += [
                f"prepared file {file} is missing"
                for file in (*(part.file for part in dataset.parts if not self.store), dataset.schema_file)
                if not (self.folder / file).is_file()
            ]
            if name in spec:
                reasons += _changed_sources(name, dataset, spec[name]["source"], root)
        return reasons


def content_hash(parts: Sequence[Part]) -> str:
    """What tells the content of files from another: of one its hash, of several that of their hashes."""
    if len(parts) == 1:
        return parts[0].sha256
    return hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in {**old, **new}:
        if name not in new:
            yield f"datasets.{name} was removed"
        elif name not in old:
            yield f"datasets.{name} is new"
        else:
            before, now = old[name]["columns"], new[name]["columns"]
            changed = [column for column in before | now if before.get(column) != now.get(column)]
            yield from (f"datasets.{name}.columns.{column} has changed" for column in changed)
            if not changed and list(before) != list(now):
                yield f"datasets.{name}.columns are in another order"
            if old[name].get("rules") != new[name].get("rules"):
                yield f"datasets.{name}.rules have changed"
            if _shapes(old[name]) != _shapes(new[name]):
                yield f"datasets.{name}.source is read otherwise"


def _shapes(spec: Mapping[str, Any]) -> list[Any]:
    """The sources whose shape is declared."""
    return [source for source in spec["source"] if isinstance(source, Mapping)]


def _changed_sources(name: str, dataset: PreparedDataset, given: list[Any], root: Path) -> Iterator[str]:
    paths = [source["path"] if isinstance(source, Mapping) else source for source in given]
    patterns = [path for path in paths if not path.startswith("s3://")]  # a synth asks no bucket what it has
    try:
        present = {os.path.relpath(path, root) for path in sources.find(patterns, root)}
    except SourceError as error:
        yield f"datasets.{name}.source: {error}"
        return
    read = {source.path: source for source in dataset.sources if not source.path.startswith("s3://")}
    yield from (f"source {path} is new" for path in sorted(present - read.keys()))
    yield from (f"source {path} is missing" for path in sorted(read.keys() - present))
    yield from (f"source {path} has changed" for path in sorted(read.keys() & present) if read[path].has_changed(root))
