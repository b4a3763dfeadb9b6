"""Exploration: some places of a list go to new items, whatever the model thinks of them.

The service learns from what becomes of them and does not publish how; here each place is given away with the
probability explorationWeight, to an item drawn from those that are at most explorationItemAgeCutOff days old. The list
stays in the order of the scores. The same request gets the same list until the user does something.
"""

import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine.log import Floats
from personalize_local.engine.preference import Mask, Places, Preference
from personalize_local.service.errors import InvalidInput

DEFAULTS = {"explorationWeight": "0.3", "explorationItemAgeCutOff": "30"}


class WithNew:
    """A preference for the items of a model and, behind them, for new ones: their score is 0.

    Args:
        known: How many items the model has.
    """

    def __init__(self, liked: Preference, known: int) -> None:
        self._liked, self._known = liked, known

    def best(self, size: int, allowed: Mask | None = None) -> Places:
        """The places of the best items; new ones come last."""
        assert allowed is not None  # it tells how many there are
        best = self._liked.best(size, allowed[: self._known])
        new = self._known + np.flatnonzero(allowed[self._known :])
        return np.concatenate([best, new])[:size]

    def of(self, places: Places) -> Floats:
        """The scores of some items."""
        scores, known = np.zeros(len(places), dtype=np.float32), places < self._known
        scores[known] = self._liked.of(places[known])
        return scores


def settings(given: Mapping[str, str]) -> dict[str, str]:
    """The itemExplorationConfig with its defaults.

    Raises:
        InvalidInput: It has an unknown member, or a value out of range.
    """
    if unknown := sorted(given.keys() - DEFAULTS.keys()):
        raise InvalidInput(f"itemExplorationConfig has no members [{', '.join(unknown)}]; use {', '.join(DEFAULTS)}.")
    merged = DEFAULTS | dict(given)
    try:
        weight, days = (float(merged[name]) for name in DEFAULTS)
    except ValueError:
        raise InvalidInput(f"itemExplorationConfig {merged} must have numbers.") from None
    if not 0 <= weight <= 1 or days <= 0:
        raise InvalidInput(
            f"explorationWeight must be from 0 to 1 and explorationItemAgeCutOff positive, got {merged}."
        )
    return merged


def explore(
    best: Places,
    allowed: Mask,
    *,
    liked: Preference,
    ages: NDArray[np.float32],
    config: Mapping[str, str],
    who: str,
) -> Places:
    """The list with some of its items replaced by new ones.

    Args:
        best: The list.
        liked: What tells the scores.
        allowed: Whether each item might have been in it.
        ages: Of all items, in days.
        who: What tells one request from another.
    """
    is_new = allowed & (ages <= float(config["explorationItemAgeCutOff"]))
    is_new[best] = False
    new = np.flatnonzero(is_new)
    chance = np.random.default_rng(zlib.crc32(who.encode()))
    given_away = np.flatnonzero(chance.random(len(best)) < float(config["explorationWeight"]))[: len(new)]
    mixed = np.concatenate([np.delete(best, given_away), chance.choice(new, len(given_away), replace=False)])
    return mixed[np.argsort(-liked.of(mixed), kind="stable")]
