"""Which items a request's filter leaves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_local.service.errors import InvalidInput
from personalize_local.service.filters.columns import Column
from personalize_local.service.filters.expression import parse
from personalize_local.service.filters.tree import Subject
from personalize_local.service.kinds.kind import Request
from personalize_local.service.models import Items
from personalize_local.service.region import Region
from personalize_local.service.rows import Interaction, Row


@dataclass(frozen=True)
class View:
    """What a filter expression looks at.

    Args:
        history: Item and event type of what the user did, most recent last.
        user: The user's metadata.
        subject: What the items are.
    """

    items: Items
    history: Sequence[tuple[str, str | None]]
    user: Row
    current_item: str | None = None
    subject: Subject = Subject.ITEM

    @property
    def item_ids(self) -> Sequence[str]:
        """The items to judge."""
        return self.items.item_ids

    @property
    def item_index(self) -> Mapping[str, int]:
        """The place of each item."""
        return self.items.index

    def item_column(self, field: str) -> Column:
        """The metadata of the items."""
        return self.items.column(field)


def allowed(region: Region, group_arn: str, request: Request, view: View) -> NDArray[np.bool_]:
    """Whether the request's filter leaves each item; without a filter, it leaves all.

    Raises:
        InvalidInput: The filter is of another dataset group, or not ACTIVE, or its values do not fit.
    """
    if "filterArn" not in request:
        return np.ones(len(view.item_ids), dtype=bool)
    with region.lock:
        resource = region.find("Filter", request["filterArn"])
        if resource.members["datasetGroupArn"] != group_arn:
            raise InvalidInput(f"Filter {resource.arn} belongs to another dataset group.")
        if not resource.is_active(region.clock.now()):
            raise InvalidInput(f"Filter {resource.arn} is not ACTIVE.")
    expression = parse(resource.members["filterExpression"])
    return expression.allowed(view, request.get("filterValues", {}), view.subject)


def remembered(history: Sequence[Interaction], most: int) -> list[tuple[str, str | None]]:
    """What filters know of a user: so many of the most recent interactions of each event type, most recent last."""
    seen: Counter[str | None] = Counter()
    recent: list[tuple[str, str | None]] = []
    for interaction in reversed(history):
        seen[interaction.event_type] += 1
        if seen[interaction.event_type] <= most:
            recent.append((interaction.item_id, interaction.event_type))
    return recent[::-1]
