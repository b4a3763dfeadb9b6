"""The models that answer requests, loaded once, with the metadata of their items.

Nobody waits for a model that somebody else needs: who makes a campaign serve another version loads it before that
counts (`prepared.py`), and until then the old one answers.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine import recipes
from personalize_local.engine.errors import UnreadableModel
from personalize_local.engine.item_ids import ItemIds
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
        self.item_ids = ItemIds.of(item_ids)
        self._records = records
        self._columns: dict[str, Column] = {}
        self._reading = Lock()

    def some(self, item_ids: Sequence[str]) -> "Items":
        """Other items of the same dataset."""
        return Items(item_ids, self._records)

    @property
    def index(self) -> Mapping[str, int]:
        """The place of each item."""
        return self.item_ids.numbers

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

    Attributes:
        ages: The age of each of the model's items in days, as of the training.

    Raises:
        UnusableState: The model is damaged.
    """

    ages: NDArray[np.float32]

    def __init__(self, folder: Path) -> None:
        try:
            self.model: Model = recipes.load(folder / "model")
            self.ages = np.load(folder / "ages.npy")
        except UnreadableModel as error:
            raise UnusableState(str(error)) from error
        except (OSError, ValueError, EOFError) as error:
            raise UnusableState(
                f"the model in {folder} lacks the ages of its items: {error}; train it again"
            ) from error
        self.folder = folder
        self.looked: float | None = None  # when it was last brought up to date, if it is one that is
        self._items, self._items_version = Items(self.model.item_ids, None), -1
        self._new: list[str] = []
        self._new_version: int | None = None
        self._records: RecordRows | None = None

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
            self._items = Items([*self.model.item_ids, *self._new] if self._new else self.model.item_ids, records)
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
        self._served: dict[Path, Future[ServedModel]] = {}
        self._wanted: set[Path] = set()  # since the last `keep`
        self._lock = Lock()  # never held while a model is loaded

    def get(self, folder: Path) -> ServedModel:
        """The model of a training; of those who ask for it at the same time, the first one loads it.

        Raises:
            UnusableState: The model is damaged; who asks next tries again.
        """
        with self._lock:
            self._wanted.add(folder)
            found = self._served.get(folder)
            served = self._served[folder] = found or Future()
        if found is None:
            try:
                served.set_result(ServedModel(folder))
            except BaseException as error:  # whatever it is, the others get it too
                self.forget(folder)
                served.set_exception(error)
        return served.result()

    def replace(self, folder: Path, served: ServedModel) -> None:
        """Answer with another model from now on."""
        loaded: Future[ServedModel] = Future()
        loaded.set_result(served)
        with self._lock:
            self._served[folder] = loaded

    def forget(self, folder: Path) -> None:
        """Let go of the model of a training."""
        with self._lock:
            self._served.pop(folder, None)

    def keep(self, folders: Collection[Path]) -> None:
        """Let go of all other models, unless somebody asked for them since the last time."""
        with self._lock:
            kept = {*folders, *self._wanted}
            self._served = {folder: served for folder, served in self._served.items() if folder in kept}
            self._wanted.clear()
