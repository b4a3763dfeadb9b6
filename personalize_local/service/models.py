"""The models that answer requests, loaded once, with the metadata of their items."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine import recipes
from personalize_local.engine.errors import UnreadableModel
from personalize_local.engine.model import Model
from personalize_local.service.errors import UnusableState
from personalize_local.service.filters.columns import Column
from personalize_local.service.rows import RecordRows, Row


class Items:
    """Items in a given order and their metadata, column by column. Safe to use from several threads.

    Args:
        records: The rows of the Items dataset; None: there is no such dataset.
    """

    def __init__(self, item_ids: Sequence[str], records: RecordRows | None) -> None:
        self.item_ids = item_ids
        self._records = records
        self._columns: dict[str, Column] = {}
        self._reading = Lock()

    @cached_property
    def index(self) -> Mapping[str, int]:
        """The place of each item."""
        return {item_id: place for place, item_id in enumerate(self.item_ids)}

    def column(self, name: str) -> Column:
        """The values of a column, in whatever case it is written."""
        name = name.upper()
        with self._reading:
            if name not in self._columns:
                self._columns[name] = Column(np.array([row.get(name) for row in self._rows], dtype=object))
            return self._columns[name]

    @cached_property
    def _rows(self) -> list[Row]:
        known = self._records.some(self.item_ids) if self._records else {}
        return [{name.upper(): value for name, value in known.get(item, {}).items()} for item in self.item_ids]


class ServedModel:
    """A trained model and its items.

    Args:
        folder: Of the training.

    Raises:
        UnusableState: The model is damaged.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.model: Model = recipes.load(folder / "model")
        except UnreadableModel as error:
            raise UnusableState(str(error)) from error
        self._folder = folder
        self._items: Items | None = None
        self._seen: object = None

    @cached_property
    def ages(self) -> NDArray[np.float32]:
        """The age of each item in days, as of the training."""
        days: NDArray[np.float32] = np.load(self._folder / "ages.npy")
        return days

    def items(self, records: RecordRows | None) -> Items:
        """The model's items with their metadata as it is now; read anew when the Items dataset has changed."""
        state = (records, records.version) if records else None
        if self._items is None or state != self._seen:
            self._items, self._seen = Items(self.model.item_ids, records), state
        return self._items


class Models:
    """Models by the folder they were trained in. Safe to use from several threads."""

    def __init__(self) -> None:
        self._served: dict[Path, ServedModel] = {}
        self._lock = Lock()

    def get(self, folder: Path) -> ServedModel:
        """The model of a training."""
        with self._lock:
            if folder not in self._served:
                self._served[folder] = ServedModel(folder)
            return self._served[folder]

    def forget(self, folder: Path) -> None:
        """Let go of the model of a training."""
        with self._lock:
            self._served.pop(folder, None)
