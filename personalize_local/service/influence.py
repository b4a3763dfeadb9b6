"""Ranking influence: popular or new items move up among those that are similar by their texts."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.sims import POPULAR, Sims
from personalize_local.service.models import ServedModel

DEFAULTS = {"POPULARITY": 0.0, "FRESHNESS": 0.0}

Scores = NDArray[np.float32]


def influenced(scores: Scores, served: ServedModel, config: Mapping[str, float]) -> Scores:
    """The scores of the similar items and, by their weights, how popular and how new each is, from 0 to 1.

    The service does not publish its formula; with both weights 0 the scores stay as they are.
    """
    assert isinstance(served.model, Sims)
    popularity, ages = served.model.counts, served.ages
    parts = {
        "POPULARITY": popularity / max(popularity.max(initial=0), 1),
        "FRESHNESS": 1 - (ages - ages.min(initial=0)) / max(np.ptp(ages), 1) if len(ages) else ages,
    }
    more = sum((weight * parts[name] for name, weight in config.items()), np.zeros_like(scores))
    return np.where(scores > POPULAR, scores + more, scores).astype(np.float32)
