"""Rules that look at several rows, as SQL: each is a SELECT of the ids of the rows to reject, of those so far kept.

They come after the rules about single rows, in the order of `histories`; what one rejects, the next does not see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_prep import rules
from data_prep.rules import AGE, ROW, quoted
from data_prep.schemas import DatasetType, Field
from data_prep.spec import DatasetSpec, Sessions


@dataclass(frozen=True)
class History:
    """Rejects the rows that a SELECT gives; `{rows}` in it stands for the relation of the rows that are kept.

    Attributes:
        among_repeated: whether a row that is alone with its identity is never rejected, so that an engine may leave
            such rows out of the relation.
        repeats: whether it is asked again, with the others that repeat, until none gives a row: a rare item
            that goes may make a user rare.
    """

    reason: str
    select: str
    repeats: bool = False
    among_repeated: bool = False


def histories(dataset_type: DatasetType, spec: DatasetSpec) -> Iterator[History]:
    """The rules of a dataset in their order."""
    fields = spec.fields(dataset_type)
    is_log = "TIMESTAMP" in dataset_type.key
    yield _repeated(dataset_type, fields, is_log=is_log, by_age=spec.rules.newest_by is not None)
    if not is_log:
        return
    declared = spec.rules
    who = quoted("USER_ID")
    if declared.near_duplicate_seconds:
        key = ", ".join(
            quoted(name)
            for name in dataset_type.key
            if name != "TIMESTAMP" and name in {field.name for field in fields}
        )
        yield History(
            rules.NEAR_DUPLICATE,
            f"""select {ROW} from {{rows}} qualify "TIMESTAMP" - lag("TIMESTAMP") over
                (partition by {key} order by "TIMESTAMP", {ROW}) <= {declared.near_duplicate_seconds}""",
        )
    if declared.robots:
        yield History(
            rules.ROBOT,
            f"""select {ROW} from {{rows}} where {who} in (
                select {who} from {{rows}} group by {who}, "TIMESTAMP" // {declared.robots.seconds}
                having count(*) > {declared.robots.events})""",
        )
    if declared.sessions:
        yield from _sessions(declared.sessions)
    rare = {"USER_ID": (rules.RARE_USER, declared.min_user_events)}
    rare[dataset_type.key[1]] = (rules.RARE_ITEM, declared.min_item_events)
    for name, (reason, least) in rare.items():
        if least > 1:
            key = quoted(name)
            yield History(
                reason,
                f"""select {ROW} from {{rows}} where {key} in (
                    select {key} from {{rows}} group by {key} having count(*) < {least})""",
                repeats=True,
            )


def _sessions(declared: Sessions) -> Iterator[History]:
    """Sessions are counted over the rows that are kept so far; all rows of one that does not fit go."""
    who = quoted("USER_ID")
    pause = f""""TIMESTAMP" - lag("TIMESTAMP") over (partition by {who} order by "TIMESTAMP", {ROW})"""
    numbered = f"""
        select {ROW}, {who}, sum(begins) over (partition by {who} order by "TIMESTAMP", {ROW}) as session
        from (select {ROW}, {who}, "TIMESTAMP",
                     case when {pause} <= {declared.gap_seconds} then 0 else 1 end as begins from {{rows}}) as steps"""
    counted = f"""
        select {ROW}, count(*) over (partition by {who}, session) as events from ({numbered}) as numbered"""
    select = f"select {ROW} from ({counted}) as counted where events"
    if declared.min_events > 1:
        yield History(rules.SHORT_SESSION, f"{select} < {declared.min_events}")
    if declared.max_events:
        yield History(rules.LONG_SESSION, f"{select} > {declared.max_events}")


def _repeated(dataset_type: DatasetType, fields: Sequence[Field], *, is_log: bool, by_age: bool) -> History:
    """Keep one row of each identity: the first of interactions, the newest of what has an id of its own."""
    key = rules.identity(dataset_type, fields)
    order = f"{ROW} asc" if is_log else f"{f'{AGE} desc nulls last, ' if by_age else ''}{ROW} desc"
    return History(
        rules.DUPLICATE if is_log else rules.REPLACED,
        f"select {ROW} from {{rows}} qualify row_number() over (partition by {key} order by {order}) > 1",
        among_repeated=True,
    )
