"""Prepared files in S3: each under a key with the hash of its content, and the manifest, by which they count, last.

So no object but the manifest is ever written over: what was there before stays whole and readable until that one is
replaced, and what an interrupted run has left is named by nothing. What neither the new manifest nor the one before it
names is deleted then; whoever reads by the one before, such as a deploy that has begun, can finish.
"""

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from data_prep import manifest, s3, schemas
from data_prep.errors import DataPrepError, ManifestError
from data_prep.holding import FOLDER as HOLD_OUT
from data_prep.manifest import Manifest, Part, PreparedDataset, content_hash, sha256
from data_prep.page import document
from data_prep.summary import model

QUARANTINE, _SCHEMAS, _REPORT = "quarantine", "schemas", "report"
_FOLDERS = (*schemas.DATASET_TYPES[None], HOLD_OUT, QUARANTINE, _SCHEMAS, _REPORT)
_OURS = re.compile(rf"(?:{'|'.join(_FOLDERS)})/[0-9a-f]{{16}}/[^/]+")


@dataclass(frozen=True)
class Store:
    """A folder in S3 for prepared files, one preparation at a time.

    Attributes:
        uri: `s3://bucket/prefix`.
    """

    uri: str

    def former(self) -> Manifest | None:
        """What is there; None where nothing is.

        Raises:
            SourceError: it cannot be read.
            ManifestError: it was not written by this version.
        """
        place = f"{self._uri}/{manifest.FILE_NAME}"
        found = s3.read(place)
        return None if found is None else Manifest.parse(found, Path(), place)

    def publish(self, made: Manifest, work: Path) -> Manifest:
        """Put a preparation in place of the one that is there; return it as it lies now.

        Args:
            made: the preparation.
            work: where its files are; those with rows are gone afterwards.

        Raises:
            DataPrepError: it cannot be written; what is there stays as it is.
        """
        placed = _Placed(work)
        datasets = {name: placed.dataset(name, dataset) for name, dataset in made.datasets.items()}
        report = placed.file(_REPORT, document.FILE_NAME)
        placed.files[f"{report.rpartition('/')[0]}/{model.FILE_NAME}"] = work / model.FILE_NAME
        there = replace(made, datasets=datasets, store=self._uri, report=report)
        with s3.told(f"{self._uri}/", "written"):
            former = self._named_before()
            for name, path in placed.files.items():
                self._upload(path, name)
            self._client.put_object(Bucket=self._bucket, Key=self._key(manifest.FILE_NAME), Body=there.dump().encode())
        if former is not None:
            # What cannot be deleted is named by nothing, and the next run tries again.
            with suppress(DataPrepError), s3.told(f"{self._uri}/", "cleared"):
                self._clear({*placed.files, *former})
        for name in {Path(file).parts[0] for file in placed.rows}:
            shutil.rmtree(work / name) if (work / name).is_dir() else (work / name).unlink()
        here = {
            name: replace(dataset, schema_file=made.datasets[name].schema_file) for name, dataset in datasets.items()
        }
        return replace(there, datasets=here, report=made.report)

    def _upload(self, path: Path, name: str) -> None:
        """Put a file there, which appears whole or not at all; what is there already has the same content."""
        key = self._key(name)
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1).get("Contents", ())
        if not any(one["Key"] == key and one["Size"] == path.stat().st_size for one in found):
            self._client.upload_file(str(path), self._bucket, key)

    def _clear(self, named: set[str]) -> None:
        """Delete what a preparation has left of which nothing is known any more, unfinished uploads too."""
        for folder in _FOLDERS:
            where = {"Bucket": self._bucket, "Prefix": self._key(f"{folder}/")}
            pages = self._client.get_paginator("list_objects_v2").paginate(**where)
            for page in pages:
                left = [one["Key"] for one in page.get("Contents", ()) if self._is_left(one["Key"], named)]
                if left:
                    objects = [{"Key": key} for key in left]
                    self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            uploads = self._client.get_paginator("list_multipart_uploads").paginate(**where)
            for upload in [one for page in uploads for one in page.get("Uploads", ())]:
                if self._is_left(upload["Key"], set()):
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    def _is_left(self, key: str, named: set[str]) -> bool:
        name = key.removeprefix(self._key(""))
        return _OURS.fullmatch(name) is not None and name not in named

    def _named_before(self) -> set[str] | None:
        """What the manifest that is there names; None where that cannot be told."""
        try:
            found = self.former()
        except ManifestError:
            return None
        if found is None:
            return set()
        return {found.report, f"{found.report.rpartition('/')[0]}/{model.FILE_NAME}", *found.files()}

    @property
    def _uri(self) -> str:
        return self.uri.rstrip("/")

    @property
    def _bucket(self) -> str:
        return s3.parts(self.uri)[0]

    def _key(self, name: str) -> str:
        _, prefix = s3.parts(self._uri)
        return f"{prefix}/{name}" if prefix else name

    @property
    def _client(self) -> Any:
        return s3.client()


@dataclass
class _Placed:
    """Files on their way to S3.

    Attributes:
        files: the name of each there, and its path here.
        rows: the names here of those that have rows.
    """

    work: Path
    files: dict[str, Path] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)

    def dataset(self, name: str, made: PreparedDataset) -> PreparedDataset:
        """A dataset with the names of its files there; those of its parts are a folder that can be imported."""
        held = self._parts(HOLD_OUT, (made.hold_out,))[0] if made.hold_out else None
        quarantine = made.quarantine_file
        if quarantine:
            self.rows.append(quarantine)
        return replace(
            made,
            parts=self._parts(name, made.parts),
            baseline=self._parts(name, made.baseline),
            hold_out=held,
            quarantine_file=self.file(QUARANTINE, quarantine) if quarantine else None,
            schema_file=self.file(_SCHEMAS, made.schema_file),
        )

    def file(self, folder: str, name: str) -> str:
        """The name of a file there, which tells its content."""
        return self._place(folder, sha256(self.work / name), name)

    def _parts(self, folder: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        self.rows += [part.file for part in parts]
        return tuple(replace(part, file=self._place(folder, content_hash(parts), part.file)) for part in parts)

    def _place(self, folder: str, content: str, name: str) -> str:
        there = f"{folder}/{content[:16]}/{name.rpartition('/')[2]}"
        self.files[there] = self.work / name
        return there
