"""Metadata that knows the future: what a model could read there in training and will not have in serving.

All of it is asked in SQL over the rows of the metadata and over `seen`, a relation of the ids in the log: `id`,
`interactions`, `earliest` (epoch seconds) and `value`, the mean of their EVENT_VALUE, null where there is none.
"""

from collections.abc import Iterator, Sequence

from data_prep.rules import REASON, ROW, quoted
from data_prep.schemas import Field
from data_prep.summary.findings import DAY, Suspicion, day, percent
from data_prep.summary.measure import Ask

_LEAST_ROWS = 50  # for a correlation
_TELLING = 0.95  # a rank correlation of metadata with what happens
_EARLY = 0.01  # of the items
_NUMBERS = ("int", "long", "float", "double")


def about_leakage(
    ask: Ask, key: str, fields: Sequence[Field], seen: str, *, last: int, snapshot: int | None
) -> Iterator[Suspicion]:
    """Look for metadata of items or users that was made of what it shall predict, or is older or newer than the log.

    Args:
        ask: answers a question about the rows of the metadata.
        key: the column with their ids.
        fields: the columns of the metadata.
        seen: the relation of the ids in the log.
        last: the last time in the log, in epoch seconds.
        snapshot: when the metadata's files were written, in epoch seconds; None where that is not known.
    """
    if any(field.name == "CREATION_TIMESTAMP" for field in fields):
        yield from _met_before_creation(ask, key, seen)
    if snapshot is not None and snapshot + DAY < last:
        yield Suspicion(
            "warning",
            "stale_metadata",
            f"the files are of {day(snapshot)}, and the interactions go on until {day(last)}; what changed or came "
            "since is not known",
        )
    yield from _outcomes(ask, key, fields, seen)


def _met_before_creation(ask: Ask, key: str, seen: str) -> Iterator[Suspicion]:
    joined = f"""{{rows}} as metadata join {seen} as seen on seen.id = metadata.{quoted(key)}
                 where {REASON} is null and "CREATION_TIMESTAMP" > earliest"""
    early, matched = ask(f"""
        select count(*) filter (where "CREATION_TIMESTAMP" > earliest), count(*)
        from {{rows}} as metadata join {seen} as seen on seen.id = metadata.{quoted(key)} where {REASON} is null""")[0]
    if early > _EARLY * matched:
        yield Suspicion(
            "warning",
            "met_before_creation",
            f"{early:,} of {matched:,} rows ({percent(early, matched)}) have interactions before their "
            "CREATION_TIMESTAMP; is that the time of an import or of the last change?",
            f"select {ROW} from {joined}",
        )


def _outcomes(ask: Ask, key: str, fields: Sequence[Field], seen: str) -> Iterator[Suspicion]:
    numbers = [field.name for field in fields if field.type in _NUMBERS and not field.is_epoch and field.name != key]
    if not numbers:
        return
    # Ranks, since counts are skewed: a column that grows with the count tells it, on whatever scale.
    ranks = ", ".join(f"rank() over (order by {quoted(name)}) as rank{n}" for n, name in enumerate(numbers))
    asked = ", ".join(
        f"count({quoted(name)}), count(distinct {quoted(name)}), corr(rank{n}, of_count), "
        f"corr(rank{n}, of_value) filter (where value is not null)"
        for n, name in enumerate(numbers)
    )
    columns = ", ".join(quoted(name) for name in numbers)
    answer = ask(f"""
        with matched as (
            select {columns}, value, {ranks}, rank() over (order by interactions) as of_count,
                   rank() over (order by value) as of_value
            from {{rows}} as metadata join {seen} as seen on seen.id = metadata.{quoted(key)} where {REASON} is null)
        select {asked} from matched""")[0]
    for n, name in enumerate(numbers):
        filled, distinct, with_count, with_value = answer[4 * n : 4 * n + 4]
        if filled < _LEAST_ROWS or distinct < 10:
            continue
        for correlation, outcome in ((with_count, "number of interactions"), (with_value, "mean EVENT_VALUE")):
            if correlation is not None and abs(correlation) > _TELLING:
                yield Suspicion(
                    "warning",
                    "outcome_in_metadata",
                    f"{name} follows the {outcome} in the log (rank correlation {correlation:.2f}); if it was computed "
                    "of what users did, a model learns from it what it shall predict: leave it out, or take its value "
                    "of before",
                )
