"""How new items are: what exploration goes by."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.log import Catalogue, Floats, Integers, Log

DAY = 24 * 60 * 60  # seconds
BORN = "CREATION_TIMESTAMP"  # of the items dataset, in seconds since 1970


def ages(log: Log, catalogue: Catalogue | None, item_ids: Sequence[str]) -> Floats:
    """The age of each item in days at the end of the log, shape (N,); without a log, at the last birth.

    An item's life begins at its CREATION_TIMESTAMP; without one, with its first interaction; without that, now
    [developer guide: User-Personalization recipe].
    """
    number = {item_id: place for place, item_id in enumerate(item_ids)}
    places = np.fromiter(map(number.__getitem__, map(str, log.items)), dtype=np.int64, count=len(log))
    born = births(places, log.timestamps, catalogue, item_ids)
    end = log.timestamps.max() if len(log) else born.max(initial=0)
    days: Floats = ((end - born) / DAY).astype(np.float32)
    return days


def births(
    items: Integers, times: Integers, catalogue: Catalogue | None, item_ids: Sequence[str]
) -> NDArray[np.float64]:
    """When the life of each item began, in seconds since 1970, shape (N,); for those of which nothing is known: last.

    Args:
        items, times: Of the interactions.
    """
    told = {} if catalogue is None or BORN not in catalogue.columns else _told(catalogue)
    end = times.max() if len(times) else max(told.values(), default=0)
    born = np.full(len(item_ids), float(end))
    np.minimum.at(born, items, times)
    number = {item_id: place for place, item_id in enumerate(item_ids)} if told else {}
    for item, since in told.items():
        born[number[item]] = since
    return born


def _told(catalogue: Catalogue) -> dict[str, int]:
    """When the life of each item began, as far as the catalogue says."""
    dates = zip(catalogue.item_ids, catalogue.columns[BORN], strict=True)
    return {str(item): int(since) for item, since in dates if since is not None}
