"""HTML by functions: what is put between tags is escaped unless it is markup already."""

import re
from html import escape as escape_marks
from typing import TypeAlias

# What no page may have: control characters other than tabs and line breaks, and halves of characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = ("meta", "line", "rect", "path")  # closed in themselves, so that the page is XML too


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


Content: TypeAlias = "str | int | None"


def el(tag: str, *content: Content, **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is the attribute class, `_` in other names is a hyphen; None and False leave one out."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escaped(name if value is True else str(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    inner = joined(*content)
    return Markup(f"<{tag}{given}/>" if tag in _VOID and not inner else f"<{tag}{given}>{inner}</{tag}>")


def joined(*content: Content) -> Markup:
    """Contents one after the other; None is nothing."""
    return Markup("".join(one if isinstance(one, Markup) else _escaped(str(one)) for one in content if one is not None))


def _escaped(text: str) -> str:
    return escape_marks(_FORBIDDEN.sub("\ufffd", text))
