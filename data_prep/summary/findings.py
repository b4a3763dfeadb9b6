"""What is odd about the figures of a dataset: errors that the service would tell later, and what it never tells.

Each check looks at figures and gives suspicions; a suspicion may name the rows that prove it, by a SELECT of their ids.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from data_prep import rules
from data_prep.checks import MIN_INTERACTIONS, MIN_USERS
from data_prep.rules import REASON, ROW, literal, quoted
from data_prep.schemas import Field
from data_prep.summary.measure import sampled
from data_prep.summary.model import Column, Coverage, LogFigures, Period, TrainingData

DAY = 86400
EARLIEST = 631_152_000  # 1990, in epoch seconds: interactions of before are none
MAX_ITEMS = 750_000  # that most recipes consider [developer guide: endpoints and quotas]
MAX_CATEGORIES = 1000  # recommended for a column [developer guide: preparing training data]
LEAST_FILLED = 0.7  # the same

_ASKED_FOR = (rules.TEST_USER, rules.ROBOT, rules.SHORT_SESSION, rules.LONG_SESSION)
_REFUSED = 0.05  # of the rows: more are no longer a few broken lines
_REPEATED = 0.05
_BURST = 4  # times as many repetitions in a period as over all
_SAME_SECOND = 0.1  # of a user's steps
_AT_MIDNIGHT = 0.9
_NEW_ITEMS = 0.2  # of the newest interactions
_UNKNOWN = 0.1  # of the interactions: with ids that the metadata does not have
_ONE_USER = 0.05
_THIN = 5  # times the least that a training needs
_PERIODS_FOR_GAPS = 20
_OF_SOME = ("EVENT_VALUE", "IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE")  # by their nature


@dataclass(frozen=True)
class Suspicion:
    """A finding whose rows are still to be looked up.

    Attributes:
        rows: a SELECT of the ids of rows that prove it, of `{rows}`; None where none do.
    """

    severity: Literal["error", "warning"]
    check: str
    text: str
    rows: str | None = None


def day(epoch_seconds: int) -> str:
    """A time as a date in UTC."""
    return _written(epoch_seconds, "%Y-%m-%d")


def percent(part: float, whole: float) -> str:
    """A share in words: few digits, but never 0 % of something or 100 % of less than all."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    if share < 0.1:
        return "under 0.1 %"
    if share >= 10:
        return f"{min(share, 99) if part < whole else share:.0f} %"
    return f"{share:.1f} %"


def in_the_future(dataset_has_times: str, now: int) -> str:
    """A SELECT of the rows whose time is more than a day ahead: clocks and time zones may be off by less."""
    return f"select {ROW} from {{rows}} where {REASON} is null and {quoted(dataset_has_times)} > {now + DAY}"


def about_future(name: str, rows: int, latest: int, now: int) -> Iterator[Suspicion]:
    """Times that have not come yet."""
    if rows:
        yield Suspicion(
            "error",
            "future",
            f"{rows:,} rows have a {name} in the future, up to {_moment(latest)}; correct the unit or the zone of "
            f"{name}, or declare `max: {day(now)}` for it, which keeps these rows aside",
            in_the_future(name, now),
        )


def about_early(name: str, rows: int, earliest: int) -> Iterator[Suspicion]:
    """Times of before there was anything to click on, which a wrong unit or a missing value makes."""
    if rows:
        yield Suspicion(
            "warning",
            "early",
            f"{rows:,} rows have a {name} before {day(EARLIEST)}, from {_moment(earliest)} on; correct the unit of "
            f"{name}, or declare `min: {day(EARLIEST)}` for it, which keeps these rows aside",
            f"select {ROW} from {{rows}} where {REASON} is null and {quoted(name)} < {EARLIEST}",
        )


def about_refused(read: int, rejected: Mapping[str, int]) -> Iterator[Suspicion]:
    """Many rows that are refused for one reason."""
    repetitions = (rules.DUPLICATE, rules.NEAR_DUPLICATE, rules.REPLACED)
    for reason, count in rejected.items():
        # What the configuration asks for is no surprise.
        wanted = reason.startswith(("dropped_", "rare_")) or reason in _ASKED_FOR
        if count > _REFUSED * read and not wanted:
            again = reason in repetitions
            yield Suspicion(
                "warning",
                "repeated_rows" if again else "refused_rows",
                f"{percent(count, read)} of the rows ({count:,} of {read:,}) are refused as {reason}"
                + ("; were some files exported twice?" if again else ""),
                f"select {ROW} from {{rows}} where {REASON} = {literal(reason)}",
            )


def about_log(log: LogFigures) -> Iterator[Suspicion]:
    """What interactions look like over time and among users and items."""
    yield from _about_times(log)
    yield from _about_bursts(log)
    yield from _about_gaps(log)
    new, newest = log.novelty.with_new_items, log.novelty.interactions
    if new > _NEW_ITEMS * newest and log.period_seconds >= DAY:
        yield Suspicion(
            "warning",
            "new_items",
            f"{percent(new, newest)} of the interactions since {day(log.novelty.since)} are with items that nobody had "
            "met before; a recipe that knows only items of its training will miss these: take one that explores or "
            "reads metadata, and train often",
        )
    if log.histories.max > _ONE_USER * log.interactions and log.users > MIN_USERS:
        yield Suspicion(
            "warning",
            "one_user",
            f"one user has {percent(log.histories.max, log.interactions)} of all interactions "
            f"({log.histories.max:,}); if that is a robot or many people, declare rules.robots or rules.test_users",
            f"""select {ROW} from {{rows}} where {REASON} is null and "USER_ID" = (
                select "USER_ID" from {{rows}} where {REASON} is null
                group by "USER_ID" order by count(*) desc, "USER_ID" limit 1)""",
        )
    if log.items > MAX_ITEMS:
        yield Suspicion(
            "warning",
            "many_items",
            f"there are {log.items:,} items; most recipes consider {MAX_ITEMS:,}, the recipes -v2 five million",
        )


def about_training(training: TrainingData, log: LogFigures) -> Iterator[Suspicion]:
    """What is left of the interactions for a training that learns from some of them."""
    seen = (
        f"{training.place} learns from {training.told}: {training.interactions:,} of {log.interactions:,} interactions "
        f"and {training.users_with_two:,} users with two of them are left"
    )
    if training.interactions < MIN_INTERACTIONS or training.users_with_two < MIN_USERS:
        yield Suspicion(
            "error",
            "training_too_small",
            f"{seen}; a training needs {MIN_INTERACTIONS} interactions and {MIN_USERS} users with two",
        )
    elif training.interactions < min(_THIN * MIN_INTERACTIONS, 0.5 * log.interactions) or training.users_with_two < min(
        _THIN * MIN_USERS, 0.5 * log.users_with_two
    ):
        yield Suspicion("warning", "training_thin", f"{seen}; the model will know less than the log suggests")


def about_columns(columns: tuple[Column, ...], fields: tuple[Field, ...], rows: int) -> Iterator[Suspicion]:
    """Columns that tell a model little."""
    declared = {field.name: field for field in fields}
    for column in columns:
        field = declared[column.name]
        if column.filled < LEAST_FILLED * rows and column.name not in _OF_SOME:
            yield Suspicion(
                "warning",
                "sparse_column",
                f"{column.name} has a value in {percent(column.filled, rows)} of the rows; the service recommends 70 % "
                "at least",
            )
        if column.distinct == 1 and rows > 1 and column.name != "EVENT_TYPE":
            yield Suspicion(
                "warning",
                "constant_column",
                f"{column.name} is the same wherever it has a value; nothing is learned of it",
            )
        if field.categorical and column.distinct > MAX_CATEGORIES:
            yield Suspicion(
                "warning",
                "many_categories",
                f"{column.name} has {column.distinct:,} categories; the service recommends {MAX_CATEGORIES:,} at most: "
                "join rare ones",
            )


def about_coverage(name: str, known: Coverage) -> Iterator[Suspicion]:
    """Items or users of the log that have no metadata."""
    unknown = known.interactions - known.known_interactions
    if unknown > _UNKNOWN * known.interactions:
        yield Suspicion(
            "warning",
            "unknown_ids",
            f"{known.ids - known.known:,} of the {known.ids:,} {name} in the interactions are not here, with "
            f"{percent(unknown, known.interactions)} of the interactions; are the ids written the same way in both?",
        )


def _about_times(log: LogFigures) -> Iterator[Suspicion]:
    if log.at_midnight > _AT_MIDNIGHT * log.interactions:
        yield Suspicion(
            "warning",
            "days_only",
            f"{percent(log.at_midnight, log.interactions)} of the times are whole days; what a user did first on a day "
            "is then unknown, and recipes that learn from the order lose by it",
        )
    steps = log.sessions.interactions - log.sessions.users
    if log.sessions.same_second > _SAME_SECOND * steps and log.at_midnight <= _AT_MIDNIGHT * log.interactions:
        yield Suspicion(
            "warning",
            "same_second",
            f"{percent(log.sessions.same_second, steps)} of the steps from one interaction of a user to the next take "
            "no second: several things are logged at once, and what is predicted may be known already",
            f"""select {ROW} from {{rows}} join (
                    select "USER_ID" as who, "TIMESTAMP" as moment
                    from {{rows}} where {REASON} is null and {sampled(log.interactions)}
                    group by who, moment having count(*) > 1 order by who, moment limit 1)
                on "USER_ID" = who and "TIMESTAMP" = moment where {REASON} is null""",
        )


def _about_bursts(log: LogFigures) -> Iterator[Suspicion]:
    repeated, kept = sum(period.repeated for period in log.periods), log.interactions
    if not repeated or len(log.periods) < 2:
        return
    worst = max(log.periods, key=_repeated_share)
    overall = repeated / (repeated + kept)
    if _repeated_share(worst) > max(_REPEATED, _BURST * overall) and worst.repeated > MIN_USERS:
        end = worst.start + log.period_seconds
        yield Suspicion(
            "warning",
            "repeated_at_once",
            f"from {_moment(worst.start)} to {_moment(end)}, {percent(worst.repeated, worst.repeated + _sum(worst))} "
            f"of the rows are repetitions, against {percent(repeated, repeated + kept)} over all; was that time "
            "exported twice?",
            f"""select {ROW} from {{rows}} where {REASON} in ('{rules.DUPLICATE}', '{rules.NEAR_DUPLICATE}')
                and "TIMESTAMP" >= {worst.start} and "TIMESTAMP" < {end}""",
        )


def _about_gaps(log: LogFigures) -> Iterator[Suspicion]:
    """The longest time without any interaction, where there are some in nearly all other periods."""
    empty, longest, start = 0, 0, 0
    for place, period in enumerate(log.periods):
        empty = 0 if _sum(period) else empty + 1
        if empty > longest:
            longest, start = empty, log.periods[place - empty + 1].start
    blank = sum(not _sum(period) for period in log.periods)
    if (
        longest
        and len(log.periods) >= _PERIODS_FOR_GAPS
        and blank < 0.2 * len(log.periods)
        and log.period_seconds >= DAY
    ):
        yield Suspicion(
            "warning",
            "gap",
            f"there are no interactions from {day(start)} to {day(start + longest * log.period_seconds)}; "
            "is a file missing?",
        )


def _repeated_share(period: Period) -> float:
    return period.repeated / (period.repeated + _sum(period) or 1)


def _sum(period: Period) -> int:
    return sum(period.kept.values())


def _moment(epoch_seconds: int) -> str:
    return _written(epoch_seconds, "%Y-%m-%d %H:%M")


def _written(epoch_seconds: int, form: str) -> str:
    try:
        return datetime.fromtimestamp(epoch_seconds, UTC).strftime(form)
    except (ValueError, OverflowError, OSError):  # no calendar has it, as when it is milliseconds
        return f"second {epoch_seconds}"
