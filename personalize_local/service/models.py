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
from personalize_local.service.profiles import Profile
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

    def some(self, item_ids: Sequence[str]) -> "Items":
        """Other items of the same dataset."""
        return Items(item_ids, self._records)

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
        self._items, self._items_version = Items(self.model.item_ids, None), -1
        self._new: list[str] = []
        self._new_version: int | None = None
        self._records: RecordRows | None = None

    @cached_property
    def ages(self) -> NDArray[np.float32]:
        """The age of each of the model's items in days, as of the training."""
        days: NDArray[np.float32] = np.load(self._folder / "ages.npy")
        return days

    def items(self, records: RecordRows | None, now: float, profile: Profile, new_since: float | None = None) -> Items:
        """The model's items and behind them those that are new, with their metadata as answers know it by now.

        Args:
            profile: How long changes of the dataset take to be seen.
            new_since: When the training began. Default: there are no new items.
        """
        if records is not self._records:
            self._records, self._items_version, self._new_version = records, -1, None
        if records is None:
            return self._items
        grown = new_since is not None and self._grows(records, now, profile.updates_lag, new_since)
        if grown or self._items_version < 0 or _is_seen(records, self._items_version, now, profile.filters_lag):
            self._items_version = records.version
            self._items = Items([*self.model.item_ids, *self._new], records)
        return self._items

    def _grows(self, records: RecordRows, now: float, lag: float, since: float) -> bool:
        """Look for new items if it is time to; tells whether it was."""
        if self._new_version is None:  # a service that was just started knows of no changes: all are old
            self._new_version = records.version_at(since) if records.version else -1
        if self._new_version >= 0 and not _is_seen(records, self._new_version, now, lag):
            return False
        self._new_version = records.version
        known = set(self.model.item_ids)
        self._new = [item_id for item_id in records.ids() if item_id not in known]
        return True


def _is_seen(records: RecordRows, version: int, now: float, lag: float) -> bool:
    """Whether there are changes after a version, the first of them so long ago."""
    changed = records.changed_after(version)
    return changed is not None and now >= changed + lag


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
