"""Item metadata in answers: metadataColumns."""

from collections.abc import Sequence
from typing import Any

from data_prep import schemas
from personalize_local.service.errors import InvalidInput
from personalize_local.service.kinds.kind import Request
from personalize_local.service.models import Items

MOST_COLUMNS = 10


def requested(request: Request, *, enabled: bool, fields: Sequence[schemas.Field]) -> list[str]:
    """The columns that the request asks for.

    Args:
        enabled: Whether the campaign gives metadata.
        fields: The columns of the Items dataset.

    Raises:
        InvalidInput: It does not, or there are no such columns, or too many are wanted.
    """
    if "metadataColumns" not in request:
        return []
    if not enabled:
        raise InvalidInput("metadataColumns needs a campaign with enableMetadataWithRecommendations.")
    wanted: list[str] = [name for names in request["metadataColumns"].values() for name in names]
    if set(request["metadataColumns"]) - {"ITEMS"}:
        raise InvalidInput("metadataColumns can have the key ITEMS only.")
    if len(wanted) > MOST_COLUMNS:
        raise InvalidInput(f"At most {MOST_COLUMNS} metadata columns can be given, got {len(wanted)}.")
    unknown = [name for name in wanted if name not in {field.name for field in fields}]
    if unknown:
        raise InvalidInput(f"The Items dataset has no columns [{', '.join(unknown)}].")
    return wanted


def of_item(items: Items, place: int, columns: Sequence[str]) -> dict[str, Any]:
    """The member of an answer's item with its metadata: values as text, by lower-case column."""
    if not columns:
        return {}
    values = {column.lower(): items.column(column).values[place] for column in columns}
    return {"metadata": {name: str(value) for name, value in values.items() if value is not None}}
