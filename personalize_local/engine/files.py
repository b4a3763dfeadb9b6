"""A model as a folder: its arrays behind one another in one file, everything else in a .json.

The file is mapped into memory: a model is there at once whatever its size, and only what is looked at is read. The
folder appears whole or not at all: it is filled under another name, then renamed. The .json tells where each array
lies, and its checksum.
"""

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.errors import UnreadableModel
from personalize_local.engine.item_ids import ItemIds

ARRAYS, DESCRIPTION = "model.arrays", "model.json"
LAYOUT = 2
ARRAYS_OF_LAYOUT_1 = "model.npz"  # with the item IDs in the .json
IDS = "item_ids"
ALIGNED = 64  # bytes: each array begins at a multiple, as fast as memory can be read
CHECKED_AT_ONCE = 1 << 20  # bytes: larger arrays are checked by `check` alone

Array = NDArray[Any]


def write(folder: Path, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a model; one that was there before is replaced.

    Args:
        description: What JSON can say; but "item_ids" are kept as arrays.
    """
    of_ids = {f"{IDS}.{part}": array for part, array in ItemIds.of(description[IDS]).arrays.items()}
    others = {name: value for name, value in description.items() if name != IDS}
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with (draft / ARRAYS).open("wb") as file:
            places = {name: _append(file, array) for name, array in {**arrays, **of_ids}.items()}
            size = file.tell()
            _reach_disk(file)
        with (draft / DESCRIPTION).open("wb") as file:
            told = {"layout": LAYOUT, "description": others, "arrays": places, "size": size}
            file.write(json.dumps(told).encode())
            _reach_disk(file)
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The description and the arrays of a model, whose large arrays are not looked at.

    Raises:
        UnreadableModel: The folder holds no model, a damaged one, or one of a newer version.
    """
    return _read(folder, CHECKED_AT_ONCE)


def check(folder: Path) -> None:
    """Look at all of a model.

    Raises:
        UnreadableModel: See `read`.
    """
    _read(folder, None)


def _read(folder: Path, checked_below: int | None) -> tuple[dict[str, Any], dict[str, Array]]:
    try:
        told = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        layout = told.get("layout", 1)
        if layout > LAYOUT:
            raise UnreadableModel(
                f"the model in {folder} was written by a newer version (layout {layout}, known here: up to {LAYOUT}); "
                "use that version, or train it again"
            )
        if layout == 1:
            with (folder / ARRAYS_OF_LAYOUT_1).open("rb") as file, np.load(file, allow_pickle=False) as zipped:
                return {**told, IDS: ItemIds.of(told[IDS])}, dict(zipped)
        mapped = np.asarray(np.memmap(folder / ARRAYS, dtype=np.uint8, mode="r"))
        if len(mapped) != told["size"]:
            raise ValueError(f"{ARRAYS} has {len(mapped)} bytes instead of {told['size']}")
        arrays = {name: _array(mapped, name, place, checked_below) for name, place in told["arrays"].items()}
        of_ids = {name.removeprefix(f"{IDS}."): arrays.pop(name) for name in list(arrays) if name.startswith(f"{IDS}.")}
        return {**told["description"], IDS: ItemIds(**of_ids)}, arrays
    except FileNotFoundError as error:
        raise UnreadableModel(f"there is no model in {folder}: {error.filename} is missing; train it again") from error
    except (OSError, ValueError, EOFError, BadZipFile, AttributeError, KeyError, TypeError) as error:
        raise UnreadableModel(f"the model in {folder} is damaged: {error}; train it again") from error


def _append(file: IO[bytes], array: Array) -> dict[str, Any]:
    """Write an array to the end of a file; tells where it is."""
    array = np.asarray(array, order="C")
    file.write(bytes(-file.tell() % ALIGNED))
    start, raw = file.tell(), array.reshape(-1).view(np.uint8).data
    file.write(raw)
    return {"start": start, "shape": array.shape, "type": array.dtype.str, "checksum": zlib.crc32(raw)}


def _reach_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _array(mapped: Array, name: str, place: Mapping[str, Any], checked_below: int | None) -> Array:
    kind, shape = np.dtype(place["type"]), tuple(place["shape"])
    size = kind.itemsize * int(np.prod(shape))
    raw: NDArray[np.uint8] = mapped[place["start"] : place["start"] + size]
    if (checked_below is None or size < checked_below) and zlib.crc32(raw.data) != place["checksum"]:
        raise ValueError(f"{name} in {ARRAYS} has changed")
    array: Array = raw.view(kind).reshape(shape)
    return array
