"""How much of its data a training considers [developer guide: endpoints and quotas].

The service does not say which it leaves out; here the newest interactions stay, then the items that were interacted
with last, and behind them those that nobody has met, in the order of the catalogue.
"""

from __future__ import annotations

import numpy as np

from personalize_local.engine.log import Catalogue, Log


def considered(
    log: Log, catalogue: Catalogue | None, most_interactions: int, most_items: int
) -> tuple[Log, Catalogue | None]:
    """What is learned from, in the order that it has."""
    if len(log) > most_interactions:
        newest = np.argsort(log.timestamps, kind="stable")[len(log) - most_interactions :]
        log = log.rows(np.sort(newest))
    others = [] if catalogue is None else catalogue.item_ids.tolist()
    if len({*map(str, log.items), *map(str, others)}) <= most_items:
        return log, catalogue
    latest = np.argsort(log.timestamps, kind="stable")[::-1]
    kept = set(list(dict.fromkeys([*map(str, log.items[latest]), *map(str, others)]))[:most_items])
    log = log.rows(np.flatnonzero([str(item) in kept for item in log.items]))
    if catalogue is not None:
        places = np.flatnonzero([str(item) in kept for item in catalogue.item_ids])
        catalogue = catalogue.rows(places)
    return log, catalogue
