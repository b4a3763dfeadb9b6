"""What retraining demands: that nothing else trains or promotes, and something there to serve what it trains."""

import re
from collections.abc import Callable, Iterator

from personalize_stack.config.recipes import Feature
from personalize_stack.config.rules.draft import Draft, Finding, not_taken
from personalize_stack.config.words import shown

_RATE = re.compile(r"rate\((1 (minute|hour|day)|(?!1 )[1-9]\d* (minutes|hours|days))\)")
_CRON = re.compile(r"cron\([^\s()]+( [^\s()]+){5}\)")
_BEFORE_THE_GATE = "the service would let versions serve before the gate has judged them; leave one of the two out"


def _schedule(draft: Draft) -> Iterator[Finding]:
    for path, _ in _retrained(draft):
        given = draft.text(*path, "schedule")
        if given is not None and not _RATE.fullmatch(given) and not _CRON.fullmatch(given):
            allowed = "rate(7 days), or cron(MINUTE HOUR DAY MONTH WEEKDAY YEAR)"
            yield (*path, "schedule"), f"{shown(given)} given; should be like {allowed}"


def _automatic_training(draft: Draft) -> Iterator[Finding]:
    for path, solution in _retrained(draft):
        days = draft.value("solutions", solution, "auto_training_days")
        if days:
            yield (
                path,
                (
                    f"the service trains {shown(solution)} by itself too (auto_training_days: {days}), and bills each "
                    "training; leave one of the two out"
                ),
            )


def _campaigns(draft: Draft) -> Iterator[Finding]:
    for path, solution in _retrained(draft):
        served = [name for name, campaign in _served(draft) if campaign == solution]
        if not served:
            yield path, f"no campaign serves {shown(solution)}, so nothing could take over; declare one in campaigns"
        for campaign in served:
            if draft.value("campaigns", campaign, "follow_latest"):
                follows = f"True given, and solutions.{solution}.retraining too"
                yield ("campaigns", campaign, "follow_latest"), f"{follows}; {_BEFORE_THE_GATE}"


def _training(draft: Draft) -> Iterator[Finding]:
    for path, solution in _retrained(draft):
        recipe, mode = draft.recipe(solution), draft.value(*path, "training")
        if mode == "UPDATE" and recipe and Feature.UPDATE_TRAINING not in recipe.features:
            yield (*path, "training"), not_taken(recipe, Feature.UPDATE_TRAINING, mode)


def _one_way_to_import(draft: Draft) -> Iterator[Finding]:
    """The datasets and the folders of new files are the same for all solutions."""
    for key, default in (("import", "INCREMENTAL"), ("keep_days", 30)):
        first = None
        for path, solution in _retrained(draft):
            mode = draft.value(*path, key) or default
            if first is None:
                first = (solution, mode)
            elif mode != first[1]:
                told = f"{shown(mode)} given; solutions.{first[0]}.retraining has {shown(first[1])}"
                yield (*path, key), f"{told}, and the files are the same ones; give both the same"


def _retrained(draft: Draft) -> Iterator[tuple[tuple[str, str, str], str]]:
    for (section, name), solution in draft.entries("solutions"):
        if isinstance(solution.get("retraining"), dict):
            yield (section, name, "retraining"), name


def _served(draft: Draft) -> Iterator[tuple[str, str | None]]:
    for path, _ in draft.entries("campaigns"):
        yield path[1], draft.text(*path, "solution")


RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    _schedule,
    _automatic_training,
    _campaigns,
    _training,
    _one_way_to_import,
)
