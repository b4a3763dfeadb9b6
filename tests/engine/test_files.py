"""A model's files: mapped, whole or not there, and checked."""

import json

import numpy as np
import pytest

from personalize_local.engine import files
from personalize_local.engine.errors import UnreadableModel

LARGE = np.arange(400_000, dtype=np.float32).reshape(1000, 400)
ARRAYS = {"large": LARGE, "small": np.array([1, 2, 3]), "empty": np.empty((0, 5), np.float32), "one": np.float32(7)}


@pytest.fixture
def folder(tmp_path):
    files.write(tmp_path / "model", {"recipe": "r", "item_ids": ["a", "ä"], "share": 0.5}, ARRAYS)
    return tmp_path / "model"


def test_what_was_written_is_read(folder):
    description, arrays = files.read(folder)
    assert description["item_ids"] == ["a", "ä"]
    assert (description["recipe"], description["share"]) == ("r", 0.5)
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert np.array_equal(arrays[name], array)
    files.check(folder)


def test_arrays_are_those_of_the_file_and_begin_where_memory_is_read_fast(folder):
    _, arrays = files.read(folder)
    assert not arrays["large"].flags.writeable
    assert not arrays["large"].flags.owndata
    assert all(array.ctypes.data % files.ALIGNED == 0 for array in arrays.values())


def test_a_model_that_is_replaced_can_still_be_used(folder):
    _, arrays = files.read(folder)
    files.write(folder, {"item_ids": []}, {"large": -LARGE})
    assert np.array_equal(arrays["large"], LARGE)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_write_that_fails_leaves_the_model_as_it_was(folder):
    with pytest.raises(TypeError, match="not JSON serializable"):
        files.write(folder, {"item_ids": [], "share": object()}, {})
    assert files.read(folder)[0]["share"] == 0.5
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def spoil(folder, at):
    with (folder / files.ARRAYS).open("r+b") as file:
        file.seek(at)
        file.write(b"spoilt")


def test_a_change_in_a_small_array_is_noticed_at_once_and_in_a_large_one_by_a_check(folder):
    size = (folder / files.ARRAYS).stat().st_size
    spoil(folder, 1000)
    files.read(folder)
    with pytest.raises(UnreadableModel, match=r"is damaged: large in model\.arrays has changed; train it again"):
        files.check(folder)
    spoil(folder, size - 6)
    with pytest.raises(UnreadableModel, match=r"is damaged: item_ids\..* has changed"):
        files.read(folder)


@pytest.mark.parametrize("more", [b"", b"x" * 1000])
def test_a_file_of_another_size_is_damaged(folder, more):
    path = folder / files.ARRAYS
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size - 500] + more)
    with pytest.raises(UnreadableModel, match=rf"has {size - 500 + len(more)} bytes instead of {size}"):
        files.read(folder)


@pytest.mark.parametrize("text", ["", "[]", '{"layout": 2}', '{"layout": 2, "size": 3, "arrays": {"a": {}}}'])
def test_a_description_that_lacks_something_is_damaged(folder, text):
    (folder / files.DESCRIPTION).write_text(text)
    with pytest.raises(UnreadableModel, match=r"the model in .* is damaged: "):
        files.read(folder)


def test_a_model_of_a_newer_version_is_refused_as_such(folder):
    (folder / files.DESCRIPTION).write_text('{"layout": 99}')
    with pytest.raises(UnreadableModel, match=r"was written by a newer version \(layout 99, known here: up to 2\)"):
        files.read(folder)


def test_a_model_of_the_first_layout_is_read(tmp_path):
    (tmp_path / files.DESCRIPTION).write_text(json.dumps({"recipe": "r", "item_ids": ["a", "b"]}))
    np.savez(tmp_path / files.ARRAYS_OF_LAYOUT_1, large=LARGE)
    description, arrays = files.read(tmp_path)
    assert (description["recipe"], list(description["item_ids"])) == ("r", ["a", "b"])
    assert np.array_equal(arrays["large"], LARGE)
    files.check(tmp_path)
