"""Lists in pages, with tokens that hold where the next page begins and only fit the list they were given out for."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from personalize_local.service.errors import InvalidNextToken

PAGE = 100  # the most that one page holds, and what it holds unless told

Entry = TypeVar("Entry")


def page(
    operation: str, request: Mapping[str, Any], entries: Mapping[int, Entry]
) -> tuple[list[Entry], dict[str, str]]:
    """The entries of the page that the request asks for, and {"nextToken": …} if there are more.

    Args:
        entries: All that the list has, by a number that stays theirs, in ascending order.

    Raises:
        InvalidNextToken: The token is none of this list's.
    """
    filters = page_filters(request)
    after = _read(request["nextToken"], operation, filters) if "nextToken" in request else 0
    left = [number for number in entries if number > after]
    numbers = left[: request.get("maxResults", PAGE)]
    following = {"nextToken": _token(numbers[-1], operation, filters)} if len(left) > len(numbers) else {}
    return [entries[number] for number in numbers], following


def page_filters(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a list request asks for, less which page of it."""
    return {name: value for name, value in request.items() if name not in {"nextToken", "maxResults"}}


def _token(number: int, operation: str, filters: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{number}.{_seal(number, operation, filters)}".encode()).decode()


def _read(token: str, operation: str, filters: Mapping[str, Any]) -> int:
    try:
        number, seal = base64.urlsafe_b64decode(token.encode()).decode().split(".")
        if seal == _seal(int(number), operation, filters):
            return int(number)
    except ValueError:  # not even the form of a token
        pass
    raise InvalidNextToken(f"The token '{token}' is not valid for {operation} with these parameters.")


def _seal(number: int, operation: str, filters: Mapping[str, Any]) -> str:
    text = json.dumps([number, operation, filters], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
