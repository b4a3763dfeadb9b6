import json
import os

import pytest

from data_prep.errors import ManifestError
from data_prep.manifest import Manifest
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec, fingerprint


@pytest.fixture
def specs(project):
    project.write_log()
    (project.root / "items-1.csv").write_text("id,x\n1,a\n")
    return {
        "interactions": project.interactions(),
        "items": DatasetSpec.model_validate({"source": "items-*.csv", "columns": {"ITEM_ID": "id", "X": "x"}}),
    }


@pytest.fixture
def prepared(project, specs):
    prepare(specs, project.root, project.out)
    return Manifest.read(project.out)


def test_a_manifest_is_read_as_it_was_written(project, specs):
    written = prepare(specs, project.root, project.out)

    read = Manifest.read(project.out)

    assert read == written
    assert read.folder == project.out


def test_nothing_changed_is_current(project, specs, prepared):
    assert prepared.is_current(fingerprint(specs), project.root) == []


def test_a_source_of_another_time_and_the_same_content_is_current(project, specs, prepared):
    os.utime(project.root / "log.csv", ns=(1, 1))

    assert prepared.is_current(fingerprint(specs), project.root) == []


def test_a_source_of_the_same_size_and_time_is_not_read(project, specs, prepared):
    log = project.root / "log.csv"
    status = log.stat()
    log.write_bytes(b"x" * status.st_size)
    os.utime(log, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert prepared.is_current(fingerprint(specs), project.root) == []


def test_changed_new_and_missing_sources_are_told(project, specs, prepared):
    text = (project.root / "log.csv").read_text()
    (project.root / "log.csv").write_text(text.replace("u1,", "u2,"))
    os.utime(project.root / "log.csv", ns=(1, 1))
    (project.root / "items-1.csv").rename(project.root / "items-2.csv")

    assert prepared.is_current(fingerprint(specs), project.root) == [
        "source log.csv has changed",
        "source items-2.csv is new",
        "source items-1.csv is missing",
    ]


def test_a_source_that_has_grown_is_told(project, specs, prepared):
    with (project.root / "log.csv").open("a") as log:
        log.write("u1,i1,1600000000,view,1\n")

    assert prepared.is_current(fingerprint(specs), project.root) == ["source log.csv has changed"]


def test_sources_that_are_all_gone_are_told(project, specs, prepared):
    (project.root / "log.csv").unlink()

    (reason,) = prepared.is_current(fingerprint(specs), project.root)
    assert reason.startswith(f"datasets.interactions.source: no file log.csv in {project.root}")


def test_changed_parts_of_the_specification_are_told(project, specs, prepared):
    now = {
        "interactions": project.interactions(EVENT_TYPE={"value": "view"}),
        "users": DatasetSpec.model_validate({"source": "log.csv", "columns": {"USER_ID": "user", "X": "kind"}}),
    }

    assert prepared.is_current(fingerprint(now), project.root) == [
        "datasets.interactions.columns.EVENT_TYPE has changed",
        "datasets.items was removed",
        "datasets.users is new",
    ]


def test_another_order_of_the_columns_is_told(project, specs, prepared):
    columns = dict(reversed(specs["items"].columns.items()))
    now = {**specs, "items": specs["items"].model_copy(update={"columns": columns})}

    assert prepared.is_current(fingerprint(now), project.root) == ["datasets.items.columns are in another order"]


def test_a_prepared_file_that_is_gone_is_told(project, specs, prepared):
    (project.out / "INTERACTIONS.csv").unlink()
    (project.out / "items.avsc").unlink()

    assert prepared.is_current(fingerprint(specs), project.root) == [
        "prepared file INTERACTIONS.csv is missing",
        "prepared file items.avsc is missing",
    ]


def test_another_domain_is_told(project, specs, prepared):
    assert prepared.is_current(fingerprint(specs), project.root, "ECOMMERCE") == ["domain has changed"]


def test_a_folder_without_a_manifest_is_told(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ManifestError, match=f"^there are no prepared files in {folder}$"):
            Manifest.read(folder)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 4, "domain": null, "spec": {}, "datasets": {"items": {}}}', "\xff"]
)
def test_a_manifest_that_cannot_be_read_is_told(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content, "latin-1")

    with pytest.raises(ManifestError, match=r"manifest.json cannot be read \(.*\)$"):
        Manifest.read(tmp_path)


def test_a_manifest_of_another_version_is_told(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"version": 99}))

    with pytest.raises(ManifestError, match=r"manifest.json is of another version$"):
        Manifest.read(tmp_path)
