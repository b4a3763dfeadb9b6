"""How new items are: what exploration goes by."""

from collections.abc import Sequence

import numpy as np

from personalize_local.engine.log import Catalogue, Floats, Log

DAY = 24 * 60 * 60  # seconds
BORN = "CREATION_TIMESTAMP"  # of the items dataset, in seconds since 1970


def ages(log: Log, catalogue: Catalogue | None, item_ids: Sequence[str]) -> Floats:
    """The age of each item in days at the end of the log, shape (N,).

    An item's life begins at its CREATION_TIMESTAMP; without one, with its first interaction; without that, now
    [developer guide: User-Personalization recipe].
    """
    end = log.timestamps.max(initial=0)
    number = {item_id: place for place, item_id in enumerate(item_ids)}
    born = np.full(len(item_ids), float(end))
    np.minimum.at(born, [number[str(item)] for item in log.items], log.timestamps)
    if catalogue is not None and BORN in catalogue.columns:
        for item, since in zip(catalogue.item_ids, catalogue.columns[BORN], strict=True):
            if since is not None:
                born[number[str(item)]] = since
    days: Floats = ((end - born) / DAY).astype(np.float32)
    return days
