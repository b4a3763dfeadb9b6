"""The values that a request gives for placeholders."""

import re
from collections.abc import Sequence

from personalize_local.service.filters.errors import FilterValueError

_VALUE = r'\s*(?:"([^"]*)"|([^",]+?))\s*'
_LIST = re.compile(rf"{_VALUE}(?:,{_VALUE})*")


def given_values(name: str, text: str) -> Sequence[str]:
    """Return the values in a text such as `"Drama","Comedy"` or `18`: separated by commas, usually in double quotes.

    Raises:
        FilterValueError: The text is not of this form.
    """
    if not _LIST.fullmatch(text):
        wanted = "values in double quotes, separated by commas"
        raise FilterValueError(f"filterValues {name} must be {wanted}, got {text!r}")
    return [quoted or bare for quoted, bare in re.findall(_VALUE + "(?:,|$)", text)]
