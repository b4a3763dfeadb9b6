"""What becomes of the columns of a file: which are columns of the dataset, of which type, and why others are not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from data_prep.checks import MAX_EVENT_TYPES
from data_prep.inference.log import Found
from data_prep.inference.profile import Profile
from data_prep.inference.roles import IDENTIFYING, IDS, words
from data_prep.rules import quoted
from data_prep.schemas import DATASET_TYPES, TEXT_CHARACTERS
from data_prep.summary.findings import day

_MAX_CATEGORIES = 1000
_LEAST_FILLED = 0.3
_LOG_METADATA = 5
_MAX_METADATA = {"item": 100, "user": 25}
_TEXT_WORDS = 6
_CREATED = ("created", "creation", "added", "published", "release", "released", "launch", "launched", "listed")
_NAMES = ("title", "name", "headline")


@dataclass(frozen=True)
class Guess:
    """A column of a dataset, as it would be declared, and what it was told from.

    Attributes:
        given: the column of the source, or what is declared of it.
        active: whether it is used; if not, it is shown as a comment.
    """

    name: str
    given: Mapping[str, Any] | str
    why: str
    active: bool = True

    def left_out(self, why: str) -> "Guess":
        """The same as a comment."""
        return replace(self, active=False, why=f"left out: {why}")


def of_log(profiles: Mapping[str, Profile], found: Found, *, alone: bool, name: str) -> Iterator[Guess]:
    """The columns of interactions.

    Args:
        profiles: the columns of the file.
        found: which of them are what.
        alone: whether this is the only shape of log, so that without a type an event needs no name of its own.
        name: what events are called when nothing tells.
    """
    for role in reversed(IDS):
        column = f"{role.upper()}_ID"
        profile = profiles[found.columns[role].column]
        yield Guess(
            column,
            _declared(profile),
            f"{found.columns[role].why}; {profile.distinct:,} different in {len(profile.values):,} sampled rows, "
            f"as {next(iter(profile.counts), '')[:40]}",
        )
    times = profiles[found.columns["time"].column]
    clock = _clock(times, profiles)
    yield _time(times, clock, found.columns["time"].why)
    kinds, event_types = _event_types(profiles, found, alone=alone, name=name)
    if kinds:
        yield kinds
    if value := found.column("value"):
        numbers = profiles[value].numbers
        yield Guess(
            "EVENT_VALUE",
            _declared(profiles[value]),
            f"{found.columns['value'].why}; numbers from {min(numbers):,.10g} to {max(numbers):,.10g}",
        )
    taken = {one.column for one in found.columns.values()} | ({clock.name} if clock else set())
    rest = {column: profile for column, profile in profiles.items() if column not in taken}
    left = min(_LOG_METADATA, MAX_EVENT_TYPES - event_types)
    about = _owners(profiles, found, rest)
    for guess in _named_apart(_of_log(profile, about.get(column)) for column, profile in rest.items()):
        if guess.active and not left:
            yield guess.left_out(f"event types and such columns are {MAX_EVENT_TYPES} at most, columns {_LOG_METADATA}")
        else:
            left -= guess.active
            yield guess


def _clock(times: Profile, profiles: Mapping[str, Profile]) -> Profile | None:
    """The column with the time of day, where the column with the time has only days."""
    told = times.times
    if told is None or not told.only_days or times.name.startswith("$."):
        return None
    clocks = (one for one in profiles.values() if one.is_clock and not one.name.startswith("$."))
    return next(clocks, None)


def _time(times: Profile, clock: Profile | None, why: str) -> Guess:
    told = times.times
    if told is None:
        return Guess("TIMESTAMP", _declared(times), why)
    span = f"{day(told.first)} to {day(told.last)} in the sample"
    if clock is None:
        return Guess("TIMESTAMP", _declared(times, **told.given), f"{why}; {told.why}, {span}")
    seconds = ":%S" if all(value.count(":") == 2 for value in clock.counts) else ""
    form = f"{told.given.get('formats', '%Y-%m-%d')} %H:%M{seconds}"
    joined = {"sql": f"{quoted(times.name)} || ' ' || {quoted(clock.name)}", "formats": form}
    return Guess("TIMESTAMP", joined, f"{why}, and {clock.name} has the time of day; no zone, read as UTC; {span}")


def of_metadata(role: str, key: str, why: str, profiles: Mapping[str, Profile]) -> Iterator[Guess]:
    """The columns of items or users, whose ids are in the column `key`."""
    yield Guess(f"{role.upper()}_ID", _declared(profiles[key]), why)
    rest = {column: profile for column, profile in profiles.items() if column != key}
    created = next((column for column, profile in rest.items() if role == "item" and _is_creation(profile)), None)
    if created:
        told = rest.pop(created)
        assert told.times
        why = f"{told.times.why}; {day(told.times.first)} to {day(told.times.last)} in the sample"
        yield Guess("CREATION_TIMESTAMP", _declared(told, **told.times.given), why)
    texts = sorted((profile for profile in rest.values() if _is_text(profile)), key=lambda profile: -profile.words)
    text = texts[0].name if texts and role == "item" else None
    left = _MAX_METADATA[role]
    for guess in _named_apart(_of_metadata(profile, is_text=column == text) for column, profile in rest.items()):
        if guess.active and not left:
            yield guess.left_out(f"there may be {_MAX_METADATA[role]} columns at most")
        else:
            left -= guess.active
            yield guess


def _event_types(profiles: Mapping[str, Profile], found: Found, *, alone: bool, name: str) -> tuple[Guess | None, int]:
    """The column of event types, and how many there are."""
    column = found.column("event_type")
    if column is None:
        value = found.column("value")
        rating = value if value and {"rating", "stars", "score"} & {*words(value)} else None
        if alone and not rating:
            return Guess(
                "EVENT_TYPE", {"value": "interaction"}, "no column has types; this is the same in every row"
            ), 1
        thresholds = f"{{column: {rating}, thresholds: {{like: 4, watch: 1}}}}"
        hint = f", or make types of the numbers: {thresholds}" if rating else ""
        return Guess("EVENT_TYPE", {"value": "rating" if rating and alone else name}, f"the same in every row{hint}"), 1
    profile = profiles[column]
    spelled: dict[str, str] = {}
    for kind, _ in profile.counts.most_common():
        spelled.setdefault(kind.lower(), kind)
    same = {kind: spelled[kind.lower()] for kind in profile.counts if spelled[kind.lower()] != kind}
    given: dict[str, Any] = {"map": same} if same else {}
    kinds = list(spelled.values())
    why = f"{found.columns['event_type'].why}; {profile.shown(8)} in the sample"
    if len(kinds) > MAX_EVENT_TYPES:
        kinds = kinds[:MAX_EVENT_TYPES]
        given["keep"] = kinds
        why += (
            f"; {len(spelled)} types, and {MAX_EVENT_TYPES} are allowed: the most frequent are kept, the rest dropped"
        )
    return Guess("EVENT_TYPE", _declared(profile, **given), why), len(kinds)


def _owners(profiles: Mapping[str, Profile], found: Found, rest: Mapping[str, Profile]) -> dict[str, str]:
    """Columns that are the same in all rows of one item, or of one user, and tell items (or users) apart."""
    owners = {}
    for role in IDS:
        ids = profiles[found.columns[role].column].values
        if len({*ids}) > 0.7 * len(ids):
            continue  # nearly each id comes once, and whatever is beside it is the same each time
        for column, profile in rest.items():
            pairs = {(one, value) for one, value in zip(ids, profile.values, strict=True) if one and value}
            if profile.distinct > 1 and len(pairs) <= 1.02 * len({one for one, _ in pairs}) and column not in owners:
                owners[column] = f"it is the same in all rows of one {role}, so it is of {role}s: make a file with it"
    return owners


def _of_log(profile: Profile, owner: str | None) -> Guess:
    guess = _plain(profile)
    if guess.active and profile.share_filled < _LEAST_FILLED:
        return guess.left_out(f"only {profile.share_filled:.0%} of the rows have it")
    if guess.active and owner:
        return guess.left_out(owner)
    if guess.active and profile.is_integer and profile.uniqueness > 0.5:
        return guess.left_out("nearly every row has another number")
    return guess


def _of_metadata(profile: Profile, *, is_text: bool) -> Guess:
    if is_text:
        why = f"{profile.words:.0f} words on average: the text that models may learn from"
        return Guess(_name(profile.name), _declared(profile, textual=True, nullable=True), why)
    if not profile.is_number and {*words(profile.name)} & {*_NAMES} and profile.longest <= TEXT_CHARACTERS:
        return Guess(
            _name(profile.name), _declared(profile, nullable=True), "a name for people; models do not learn from it"
        )
    return _plain(profile)


def _plain(profile: Profile) -> Guess:
    """A column that is a number or a category, or why it is neither."""
    name = _name(profile.name)
    if profile.distinct < 2:
        shown = f"always {next(iter(profile.counts))[:40]}" if profile.distinct else "never a value"
        return Guess(name, _declared(profile), f"left out: {shown}", active=False)
    if profile.is_number and profile.times is None:
        return _number(profile, name)
    if profile.times:
        return Guess(name, _declared(profile), f"left out: times, {profile.times.why}; of no use as such", active=False)
    several = "|" if profile.is_list else profile.separator
    if profile.categories > _MAX_CATEGORIES or (profile.uniqueness > 0.5 and not several and profile.distinct > 20):
        told = f"{profile.categories:,} different texts, as {profile.shown(1)}"
        return Guess(name, _declared(profile), f"left out: {told}; of no use as categories", active=False)
    if profile.longest > TEXT_CHARACTERS:
        return Guess(
            name,
            _declared(profile),
            f"left out: up to {profile.longest:,} characters; {TEXT_CHARACTERS:,} are allowed",
            active=False,
        )
    given: dict[str, Any] = {"categorical": True, "nullable": True}
    if several and several != "|":
        given["separator"] = several
    parts = f" between {several}" if several and not profile.is_list else " in lists" if several else ""
    flags = "; true and false are categories, since models do not learn from booleans" if profile.is_boolean else ""
    why = f"{profile.categories:,} categories{parts}: {profile.shown()}{flags}"
    return Guess(name, _declared(profile, **given), why)


def _number(profile: Profile, name: str) -> Guess:
    low, high = min(profile.numbers), max(profile.numbers)
    kind = "float" if not profile.is_integer else "int" if max(abs(low), abs(high)) < 10**8 else "long"
    given = _declared(profile, type=kind, nullable=True)
    if (
        profile.is_integer
        and profile.uniqueness > 0.95
        and profile.distinct > 50
        and {*words(profile.name)} & {*IDENTIFYING}
    ):
        return Guess(
            name, given, "left out: nearly every row has another number, so it is an id of something else", active=False
        )
    comma = " with a decimal comma" if profile.has_decimal_comma else ""
    return Guess(name, given, f"{'whole ' if kind != 'float' else ''}numbers{comma} from {low:,.10g} to {high:,.10g}")


def _is_creation(profile: Profile) -> bool:
    told = profile.times
    return (
        told is not None
        and not told.rivals
        and profile.share_filled == 1
        and bool({*words(profile.name)} & {*_CREATED})
    )


def _is_text(profile: Profile) -> bool:
    return not profile.is_number and profile.words >= _TEXT_WORDS and profile.uniqueness > 0.3 and profile.times is None


def _declared(profile: Profile, **given: Any) -> Mapping[str, Any] | str:
    if profile.placeholders:
        given["missing"] = list(profile.placeholders)
    if profile.has_decimal_comma:
        given["decimal"] = ","
    return {"column": profile.name, **given} if given else profile.name


def _name(column: str) -> str:
    """A name as the service takes it: letters, digits and underscores."""
    last = column.removeprefix("$.").replace('"', "")
    cut = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)
    return re.sub(r"[^A-Za-z0-9]+", "_", cut).strip("_").upper() or "COLUMN"


def _named_apart(found: Iterator[Guess]) -> Iterator[Guess]:
    """Give names that are not reserved, and that differ in more than underscores."""
    known = DATASET_TYPES[None]
    reserved = {field.name for kind in known.values() for field in (*kind.required, *kind.reserved)}
    seen = {name.replace("_", "") for name in reserved}
    for guess in found:
        name, number = guess.name, 2
        while name.replace("_", "") in seen:
            name, number = f"{guess.name}_{number}", number + 1
        seen.add(name.replace("_", ""))
        yield replace(guess, name=name)
