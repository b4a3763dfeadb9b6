"""A model as a folder: its arrays in an .npz, everything else in a .json.

The folder appears whole or not at all: it is filled under another name, then renamed.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.errors import UnreadableModel

ARRAYS, DESCRIPTION = "model.npz", "model.json"

Array = NDArray[Any]


def write(folder: Path, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a model; one that was there before is replaced."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with (draft / ARRAYS).open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        (draft / DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The description and the arrays of a model.

    Raises:
        UnreadableModel: The folder holds no model, or a damaged one.
    """
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return description, dict(arrays)
    except FileNotFoundError as error:
        raise UnreadableModel(f"there is no model in {folder}: {error.filename} is missing; train it again") from error
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise UnreadableModel(f"the model in {folder} is damaged: {error}; train it again") from error
