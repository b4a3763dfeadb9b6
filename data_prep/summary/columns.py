"""What is in the columns of a dataset, and how much of the log its rows know: asked as in `measure`."""

from collections.abc import Sequence
from typing import Any

from data_prep.rules import quoted
from data_prep.schemas import Field
from data_prep.summary.measure import KEPT, SHOWN_VALUES, Ask
from data_prep.summary.model import Column, Coverage


def column_figures(ask: Ask, fields: Sequence[Field], key: Sequence[str]) -> tuple[Column, ...]:
    """What is in the columns that are no part of the key."""
    told = [field for field in fields if field.name not in key and field.name != "TIMESTAMP"]
    if not told:
        return ()
    # Interactions tell their event types elsewhere; of other texts, those that are categories are looked at one by one.
    asked = ", ".join(part for field in told for part in _about(field))
    row = ask(f"select {asked} {KEPT}")[0]
    return tuple(_column(field, row[5 * place : 5 * place + 5], ask) for place, field in enumerate(told))


def coverage(ask: Ask, key: str, seen: str) -> Coverage:
    """How much of the log the dataset's rows know.

    Args:
        ask: answers a question about the rows of the metadata.
        key: the column with the ids.
        seen: a relation of the ids in the log and their numbers of interactions: `id`, `interactions`.
    """
    known = f"select {quoted(key)} as id, true as known {KEPT}"
    ids, found, interactions, found_interactions, unused = ask(f"""
        select count(*) filter (where seen.id is not null), count(*) filter (where seen.id is not null and known),
               coalesce(sum(interactions), 0), coalesce(sum(interactions) filter (where known), 0),
               count(*) filter (where seen.id is null)
        from {seen} as seen full join ({known}) as metadata on seen.id = metadata.id""")[0]
    return Coverage(
        ids=ids,
        known=found,
        interactions=int(interactions),
        known_interactions=int(found_interactions),
        unused=unused,
    )


def by_id(key: str, *, has_values: bool) -> str:
    """A question for each id in the log: its interactions, the first time, and the mean EVENT_VALUE."""
    value = 'avg("EVENT_VALUE")' if has_values else "cast(null as double)"
    return f"""select {quoted(key)} as id, count(*) as interactions, min("TIMESTAMP") as earliest, {value} as value
               {KEPT} group by {quoted(key)}"""


def _about(field: Field) -> tuple[str, ...]:
    """What is asked about a column: with a value, different values, the least, the greatest, the mean."""
    name = quoted(field.name)
    if field.type in ("string", "boolean"):
        return f"count({name})", f"approx_count_distinct({name})", "null", "null", "null"
    return f"count({name})", f"approx_count_distinct({name})", f"min({name})", f"max({name})", f"avg({name})"


def _column(field: Field, answer: Sequence[Any], ask: Ask) -> Column:
    filled, distinct, low, high, mean = answer
    top: list[tuple[Any, ...]] = []
    if field.categorical:
        name = quoted(field.name)
        # The service reads the parts between bars as categories of their own.
        parts = f"(select unnest(string_split({name}, '|')) as category {KEPT} and {name} is not null)"
        found = ask(f"""
            select category, count(*), count(*) over () from {parts} group by category
            order by count(*) desc, category limit {SHOWN_VALUES}""")
        top, distinct = [row[:2] for row in found], found[0][2] if found else 0
    return Column(
        name=field.name,
        type=field.type,
        filled=filled,
        distinct=distinct if field.categorical else min(distinct, filled),  # which is an estimate
        low=low,
        high=high,
        mean=_rounded(mean),
        top=tuple(top),
    )


def _rounded(number: float | None) -> float | None:
    """Six digits: a sum in parallel differs in the last ones from run to run."""
    return None if number is None else float(f"{number:.6g}")
