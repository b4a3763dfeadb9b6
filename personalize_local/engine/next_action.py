"""The recipe aws-next-best-action: how likely a user takes each action within the optimization period.

A logistic regression on what is known when an action is shown: how often it is taken, how readily the user takes
actions, and how it went between the two. An example is an event of the log with what was known before it; it counts as
taken if the user takes the action within the period of so many days from then. The service trains a network. An
action's score is 0 until it was taken FEWEST times and not taken as often within RECENT [developer guide:
Next-Best-Action recipe].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from personalize_local.engine import files
from personalize_local.engine.files import Array
from personalize_local.engine.item_ids import ItemIds
from personalize_local.engine.log import Catalogue, Event, Floats, Log, Profile
from personalize_local.engine.metrics import AREA, action_metrics
from personalize_local.engine.model import Model

TAKEN = "TAKEN"
FEWEST = 50
DAY = 24 * 60 * 60  # seconds
RECENT = 6 * 7 * DAY
PRIOR, PRIOR_TOGETHER = 10.0, 3.0  # events that a mean counts for: of an action or a user, of both together
USUAL = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 0.0])  # the weights, as far as the log does not know better
DOUBT = 10.0  # examples' worth of it
STEPS = 25
HELD_OUT = 0.1  # of the users: to test, and of the others, to choose the threshold
OLDEST = 0.9  # of a test user's events: known; the newest are to be predicted

Numbers = NDArray[np.float64]


class Past:
    """What a user did so far: of all actions, and of each, how often it was taken, or shown, and when last."""

    def __init__(self) -> None:
        self._all = (0, 0)
        self._of: dict[int, tuple[int, int, float]] = {}

    def add(self, action: int, time: float, *, is_taken: bool) -> None:
        """Note what was done."""
        taken, shown, _ = self._of.get(action, (0, 0, 0.0))
        self._all = (self._all[0] + is_taken, self._all[1] + 1)
        self._of[action] = (taken + is_taken, shown + 1, time)

    def counts(self, action: int) -> tuple[float, ...]:
        """What is known before the action is shown: all taken, all shown; it taken, it shown, and when last."""
        return (*self._all, *self._of.get(action, (0, 0, 0.0)))


class NextAction(Model):
    """Scores actions by the probability that a user takes them.

    Args:
        taken, shown: How often each was taken, and how often taken or not. Shape (N,).
        known: Whether enough is known of it lately. Shape (N,).
        weights: Of the features.
    """

    gives_scores: ClassVar[bool] = True

    def __init__(
        self, item_ids: Sequence[str], taken: Floats, shown: Floats, known: Floats, weights: Numbers = USUAL
    ) -> None:
        self.item_ids = ItemIds.of(item_ids)
        self._taken, self._shown, self._known, self._weights = taken, shown, known, weights
        self._numbers = {action: place for place, action in enumerate(item_ids)}

    @classmethod
    def fit(cls, log: Log, catalogue: Catalogue, days: int) -> NextAction:
        """Learn from all of the log.

        Args:
            days: The optimization period.
        """
        action_ids = sorted({str(action) for action in [*catalogue.item_ids, *log.items]})
        number = {action: place for place, action in enumerate(action_ids)}
        places = np.array([number[str(action)] for action in log.items], dtype=np.intp)
        taken = np.array([_is_taken(kind) for kind in _kinds(log)], dtype=bool)
        recent = log.timestamps > log.timestamps.max(initial=0) - RECENT

        def count(rows: NDArray[np.bool_]) -> Floats:
            return np.bincount(places[rows], minlength=len(action_ids)).astype(np.float32)

        known = (count(taken & recent) >= FEWEST) & (count(~taken & recent) >= FEWEST)
        model = cls(action_ids, count(taken), count(np.ones_like(taken)), known.astype(np.float32))
        features, outcomes, _ = model.examples(log, days)
        return cls(action_ids, model._taken, model._shown, model._known, _regression(features, outcomes))

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """The probability of each action."""
        past = Past()
        for event in sorted(history, key=lambda event: event.timestamp):
            if event.item_id in self._numbers:
                number, is_taken = self._numbers[event.item_id], _is_taken(event.event_type)
                past.add(number, event.timestamp, is_taken=is_taken)
        actions = range(len(self.item_ids))
        features = self._features(np.array(actions), [past.counts(action) for action in actions], np.array(now))
        return (self._known * _logistic(features @ self._weights)).astype(np.float32)

    def examples(self, log: Log, days: int) -> tuple[Numbers, NDArray[np.bool_], NDArray[np.float64]]:
        """Each event of a known action as an example, users behind one another.

        Shapes: (E, features); (E,) whether it counts as taken; (E,) which share of the user's events came before it.
        """
        rows, counts = list[tuple[int, float, float]](), list[tuple[float, ...]]()
        outcomes = list[bool]()
        for events in _by_user(log, self._numbers):
            past = Past()
            for place, (time, action, is_taken) in enumerate(events):
                rows.append((action, time, place / len(events)))
                counts.append(past.counts(action))
                past.add(action, time, is_taken=is_taken)
            outcomes += _outcomes(events, days * DAY)
        actions, times, places = np.array(rows, dtype=np.float64).reshape(-1, 3).T
        return self._features(actions.astype(np.intp), counts, times), np.array(outcomes, dtype=bool), places

    def probabilities(self, features: Numbers) -> Numbers:
        """How likely each example is taken."""
        return _logistic(features @ self._weights)

    def _features(self, actions: NDArray[np.intp], counts: Sequence[tuple[float, ...]], now: Numbers) -> Numbers:
        """What is known when actions are shown. Shape: (A, features).

        Args:
            counts: Of each, see `Past.counts`.
            now: When each is shown.
        """
        mean = float((self._taken.sum() + 1) / (self._shown.sum() + 2))
        of_action = (self._taken[actions] + PRIOR * mean) / (self._shown[actions] + PRIOR)
        all_taken, all_shown, taken, shown, last = np.array(counts, dtype=np.float64).reshape(-1, 5).T
        of_user = (all_taken + PRIOR * mean) / (all_shown + PRIOR)
        of_both = (taken + PRIOR_TOGETHER * of_action) / (shown + PRIOR_TOGETHER)
        return np.column_stack(
            [
                np.ones(len(actions)),
                _log_odds(of_action),
                _log_odds(of_user) - _log_odds(mean),
                _log_odds(of_both) - _log_odds(of_action),
                taken > 0,
                np.where(shown > 0, np.log1p(np.maximum(now - last, 0) / DAY), 0),
            ]
        )

    def save(self, folder: Path) -> None:
        """Write the model to a folder."""
        arrays: dict[str, Array] = {
            "taken": self._taken,
            "shown": self._shown,
            "known": self._known,
            "weights": self._weights,
        }
        files.write(folder, {"recipe": "aws-next-best-action", "item_ids": self.item_ids}, arrays)

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, Array]) -> NextAction:
        """The model that was written."""
        return cls(description["item_ids"], **arrays)


def evaluate(log: Log, catalogue: Catalogue, days: int, rng: Generator) -> tuple[dict[str, float], dict[str, float]]:
    """Precision, recall and area under the curve of the outcomes of test users' newest events.

    The probability from which an action is predicted to be taken is the best one, by F1, for users who are held out of
    the training for that. The floor has the last metric alone, of what knows how often each action is taken and nothing
    of users: precision and recall are bought with one another.
    """
    users = rng.permutation(sorted(set(map(str, log.users))))
    tested, judged = _cut(users, HELD_OUT)
    held, trained = _cut(judged, HELD_OUT)
    model = NextAction.fit(_of_users(log, trained), catalogue, days)
    held_features, held_outcomes, _ = model.examples(_of_users(log, held), days)
    features, outcomes, places = model.examples(_of_users(log, tested), days)
    asked = places >= OLDEST
    if not asked.any() or not len(held_outcomes):
        return {}, {}
    probabilities, outcomes = model.probabilities(features[asked]), outcomes[asked]
    threshold = _best_threshold(model.probabilities(held_features), held_outcomes)
    rates_alone = NextAction(model.item_ids, model._taken, model._shown, model._known, USUAL * (np.arange(6) == 1))
    floor = action_metrics(rates_alone.probabilities(features[asked]), outcomes, threshold)
    return action_metrics(probabilities, outcomes, threshold), {AREA: floor[AREA]}


def _best_threshold(probabilities: Numbers, outcomes: NDArray[np.bool_]) -> float:
    order = np.argsort(-probabilities, kind="stable")
    right = np.cumsum(outcomes[order])
    scores = 2 * right / (np.arange(1, len(right) + 1) + max(outcomes.sum(), 1))
    return float(probabilities[order][scores.argmax()])


def _regression(features: Numbers, outcomes: NDArray[np.bool_]) -> Numbers:
    """The weights of a logistic regression that is drawn towards the usual ones, by Newton's method."""
    weights = USUAL.copy()
    for _ in range(STEPS):
        expected = _logistic(features @ weights)
        slope = features.T @ (outcomes - expected) - DOUBT * (weights - USUAL)
        curve = features.T @ (features * (expected * (1 - expected))[:, None]) + DOUBT * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _by_user(log: Log, numbers: Mapping[str, int]) -> list[list[tuple[float, int, bool]]]:
    """The events of each user, oldest first: when, which action, and whether it was taken."""
    users: dict[str, list[tuple[float, int, bool]]] = defaultdict(list)
    for user, action, time, kind in zip(log.users, log.items, log.timestamps.tolist(), _kinds(log), strict=True):
        if str(action) in numbers:
            users[str(user)].append((float(time), numbers[str(action)], _is_taken(kind)))
    return [sorted(users[user]) for user in sorted(users)]


def _outcomes(events: Sequence[tuple[float, int, bool]], period: float) -> list[bool]:
    """Whether the user takes the action of each event within so many seconds from then."""
    taken: dict[int, float] = {}
    outcomes = []
    for time, action, is_taken in reversed(events):
        if is_taken:
            taken[action] = time
        outcomes.append(action in taken and taken[action] - time <= period)
    return outcomes[::-1]


def _cut(users: NDArray[Any], share: float) -> tuple[set[str], NDArray[Any]]:
    size = max(1, round(share * len(users)))
    return set(users[:size].tolist()), users[size:]


def _of_users(log: Log, users: Iterable[str]) -> Log:
    chosen = set(users)
    return log.rows(np.flatnonzero([str(user) in chosen for user in log.users]))


def _kinds(log: Log) -> Sequence[str | None]:
    return [None] * len(log) if log.event_types is None else log.event_types.tolist()


def _is_taken(event_type: str | None) -> bool:
    return event_type is not None and event_type.upper() == TAKEN


def _log_odds(probability: Any) -> Any:
    return np.log(probability / (1 - probability))


def _logistic(values: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))
