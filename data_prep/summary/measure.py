"""What rows amount to, asked of an engine in SQL: each question reads the rows once and answers in a few lines.

A question is about a relation that stands for `{rows}`, with the columns of the dataset and `REASON`, which is null
for a row that is kept. Histories and popularity come from one grouping each, and so do the counts that trainings need.
What needs an order (sessions) is asked of a sample of the users.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from data_prep import rules
from data_prep.checks import Totals
from data_prep.rules import FORM, ITEM, REASON, ROW, USER, literal, quoted
from data_prep.schemas import DatasetType, Field
from data_prep.summary.model import LogFigures, Novelty, Period, Sessions, TrainingData
from data_prep.summary.spread import period_seconds, popularity, spread
from data_prep.trainings import Training

Ask = Callable[[str], list[tuple[Any, ...]]]

SHOWN_TYPES = 12  # event types that are told one by one
OTHER_TYPES = "(others)"
SHOWN_VALUES = 8
SESSION_GAP_SECONDS = 30 * 60
SAMPLE_INTERACTIONS = 100_000
NEW_SHARE = 0.1  # of the interactions, by time, are "the newest"
_DAY = 86400
KEPT = f"from {{rows}} where {REASON} is null"


def log_figures(
    ask: Ask, dataset_type: DatasetType, fields: Sequence[Field], trainings: Sequence[Training] = ()
) -> LogFigures:
    """What the interactions that are kept amount to; there is at least one.

    Args:
        ask: answers a question about the rows of the interactions.
        trainings: what each of them learns from is counted too.
    """
    names = [field.name for field in fields]
    first, last, at_midnight = ask(f"""
        select min("TIMESTAMP"), max("TIMESTAMP"), count(*) filter (where "TIMESTAMP" % {_DAY} = 0) {KEPT}""")[0]
    seconds = period_seconds(first, last)
    found = _periods_found(ask, quoted("EVENT_TYPE") if "EVENT_TYPE" in names else "''", first, last, seconds)
    event_types = Counter[str]()
    for row in found:
        event_types[row[1]] += row[2]
    since = _newest_since(found, first // seconds, seconds)
    users = _histories(ask, [_selects(training, names) for training in trainings])
    per_item, new_items, newest, with_new_items, top = _items(ask, dataset_type.key[1], since)
    histories = {row[0]: row[1] for row in users}
    counted = [sum(column) for column in zip(*(row[2:] for row in users), strict=True)]
    interactions = sum(length * count for length, count in histories.items())
    sessions, of_new_users, new_users = _sample(ask, interactions, since)
    return LogFigures(
        interactions=interactions,
        users=sum(histories.values()),
        users_with_two=sum(count for length, count in histories.items() if length >= 2),
        items=sum(per_item.values()),
        first=first,
        last=last,
        at_midnight=at_midnight,
        event_types={name: count for name, count in event_types.most_common() if name and count},
        time_forms=_time_forms(ask),
        event_type_count=found[0][5] if "EVENT_TYPE" in names else 0,
        period_seconds=seconds,
        periods=tuple(_periods(found, first // seconds, last // seconds, seconds)),
        histories=spread(histories),
        per_item=spread(per_item),
        popularity=popularity(per_item, top),
        sessions=sessions,
        novelty=Novelty(
            since=since,
            interactions=newest,
            with_new_items=with_new_items,
            new_items=new_items,
            of_new_users=of_new_users,
            new_users=new_users,
        ),
        trainings=tuple(
            TrainingData(
                place=training.place,
                told=training.told,
                interactions=counted[3 * number],
                users=counted[3 * number + 1],
                users_with_two=counted[3 * number + 2],
            )
            for number, training in enumerate(trainings)
        ),
    )


def totals_of(figures: LogFigures, dataset_type: DatasetType, fields: Sequence[Field]) -> Totals:
    """What a training looks at before it starts."""
    metadata = len(dataset_type.metadata(fields))
    return Totals(figures.interactions, figures.users, figures.users_with_two, figures.event_type_count, metadata)


def sampled(interactions: int) -> str:
    """A predicate for the interactions of some users, always the same ones; with few interactions, of all."""
    return f"{USER} % {_every(interactions)} = 0"


def _every(interactions: int) -> int:
    return max(1, interactions // SAMPLE_INTERACTIONS)


def _time_forms(ask: Ask) -> dict[str, int]:
    """How times were written, with how many interactions there are."""
    forms = ask(f"select {FORM}, count(*) {KEPT} group by {FORM} order by {FORM}")
    return {rules.TIME_FORMS[form]: count for form, count in forms}


class _Found(NamedTuple):
    """Rows of one period and event type, and how many event types there are in all."""

    period: int
    kind: str
    kept: int
    repeated: int
    refused: int
    kinds: int


def _periods_found(ask: Ask, event_type: str, first: int, last: int, seconds: int) -> list[_Found]:
    repetitions = ", ".join(map(literal, (rules.DUPLICATE, rules.NEAR_DUPLICATE)))
    counted = ", ".join(
        f"cast(coalesce(sum(rows) filter (where reason {which}), 0) as bigint)"
        for which in ("is null", f"in ({repetitions})", f"not in ({repetitions}, {literal(rules.HELD_OUT)})")
    )
    return [
        _Found(*row)
        for row in ask(f"""
            with found as (
                select "TIMESTAMP" // {seconds} as period, {event_type} as kind, {REASON} as reason, count(*) as rows
                from {{rows}} where "TIMESTAMP" between {first} and {last} group by all),
            kinds as (
                select kind, row_number() over (order by sum(rows) desc, kind) as place
                from found where reason is null group by kind)
            select period, case when place <= {SHOWN_TYPES} then kind else {literal(OTHER_TYPES)} end as name,
                   {counted}, (select count(*) from kinds)
            from found left join kinds using (kind) group by period, name order by period, name""")
    ]


def _newest_since(found: Sequence[_Found], first: int, seconds: int) -> int:
    """The time with which the newest interactions begin; the first period has none of them."""
    kept = Counter[int]()
    for row in found:
        kept[row.period] += row.kept
    wanted, newest = kept.total() * NEW_SHARE, 0
    for period in sorted(kept, reverse=True):
        newest += kept[period]
        if newest >= wanted:
            return max(period, first + 1) * seconds
    return (first + 1) * seconds


def _periods(found: Sequence[_Found], first: int, last: int, seconds: int) -> Iterator[Period]:
    """The periods from the first to the last, none left out."""
    kept = {period: Counter[str]() for period in range(first, last + 1)}
    repeated, refused = Counter[int](), Counter[int]()
    for row in found:
        if row.kept:
            kept[row.period][row.kind] += row.kept
        repeated[row.period] += row.repeated
        refused[row.period] += row.refused
    for period, counts in kept.items():
        yield Period(
            start=period * seconds,
            kept=dict(sorted(counts.items())),
            repeated=repeated[period],
            refused=refused[period],
        )


def _histories(ask: Ask, selected: Sequence[str]) -> list[tuple[int, ...]]:
    """For each number of interactions, the users who have so many.

    Behind them for each predicate: the interactions of these users that fit, the users with one, those with two.
    """
    fitting = "".join(f", count(*) filter (where {predicate}) as fit{n}" for n, predicate in enumerate(selected))
    sums = "".join(
        f", cast(sum(fit{n}) as bigint), count(*) filter (where fit{n} >= 1), count(*) filter (where fit{n} >= 2)"
        for n in range(len(selected))
    )
    return ask(f"""
        with users as (select {USER}, count(*) as interactions{fitting} {KEPT} group by {USER})
        select interactions, count(*){sums} from users group by interactions""")


def _items(ask: Ask, key: str, since: int) -> tuple[dict[int, int], int, int, int, list[tuple[str, int]]]:
    """How many items have how many interactions; new items; the newest interactions; those with new items; the top."""
    found = ask(f"""
        with items as (
            select {ITEM}, count(*) as interactions, min({ROW}) as earliest,
                   count(*) filter (where "TIMESTAMP" >= {since}) as newest {KEPT} group by {ITEM}),
        top as (select earliest, interactions from items order by interactions desc, earliest limit {SHOWN_VALUES})
        select cast(null as varchar) as item, interactions, count(*) as items,
               count(*) filter (where newest = interactions), cast(sum(newest) as bigint),
               cast(coalesce(sum(newest) filter (where newest = interactions), 0) as bigint)
        from items group by interactions
        union all select {quoted(key)}, interactions, 0, 0, 0, 0 from top join {{rows}} on {ROW} = earliest""")
    per_item = {row[1]: row[2] for row in found if row[0] is None}
    top = sorted(((row[0], row[1]) for row in found if row[0] is not None), key=lambda item: (-item[1], item[0]))
    new_items, newest, with_new_items = (sum(row[place] for row in found) for place in (3, 4, 5))
    return per_item, new_items, newest, with_new_items, top


def _sample(ask: Ask, interactions: int, since: int) -> tuple[Sessions, int, int]:
    """The sessions of a sample of users; and, told by it, of all users: interactions of new ones, new ones."""
    every = _every(interactions)
    found = ask(f"""
        with steps as (
            select {USER}, "TIMESTAMP", min("TIMESTAMP") over (partition by {USER}) >= {since} as is_new,
                   "TIMESTAMP" - lag("TIMESTAMP") over (partition by {USER} order by "TIMESTAMP") as gap
            {KEPT} and {sampled(interactions)}),
        numbered as (
            select {USER}, is_new, gap, count(*) filter (where gap is null or gap > {SESSION_GAP_SECONDS})
                   over (partition by {USER} order by "TIMESTAMP" rows unbounded preceding) as session
            from steps),
        sessions as (
            select count(*) as length, count(*) filter (where gap = 0) as same,
                   count(*) filter (where gap is null) as users,
                   is_new
            from numbered group by {USER}, session, is_new)
        select length, count(*), cast(sum(same) as bigint), cast(sum(users) as bigint),
               cast(coalesce(sum(length) filter (where is_new), 0) as bigint),
               cast(coalesce(sum(users) filter (where is_new), 0) as bigint)
        from sessions group by length""")
    lengths = {row[0]: row[1] for row in found}
    same, users, of_new_users, new_users = (sum(row[place] for row in found) for place in (2, 3, 4, 5))
    sessions = Sessions(
        users=users,
        interactions=sum(length * count for length, count in lengths.items()),
        sessions=sum(lengths.values()),
        same_second=same,
        lengths=spread(lengths),
    )
    return sessions, of_new_users * every, new_users * every


def _selects(training: Training, names: Sequence[str]) -> str:
    """A predicate for the interactions that a training learns from."""
    return " or ".join(f"({_fits(wanted.event_type, wanted.least_value, names)})" for wanted in training.events)


def _fits(event_type: str | None, least_value: float | None, names: Sequence[str]) -> str:
    parts = []
    if event_type is not None:
        parts.append(f'lower("EVENT_TYPE") = {literal(event_type.lower())}' if "EVENT_TYPE" in names else "false")
    if least_value is not None:
        parts.append(f'"EVENT_VALUE" >= {least_value!r}' if "EVENT_VALUE" in names else "false")
    return " and ".join(parts) or "true"
