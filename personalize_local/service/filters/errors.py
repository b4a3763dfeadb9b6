"""What is wrong with a filter; the service answers each with InvalidInputException.

FilterError              base
├── FilterSyntaxError    the expression cannot be parsed
└── FilterValueError     a request's values do not fit the expression
"""

from personalize_local.service.errors import InvalidInput

EXCERPT = 60  # characters of the expression before and after the position


class FilterError(InvalidInput):
    """A filter, or a use of it, is not allowed."""


class FilterSyntaxError(FilterError):
    """The expression cannot be parsed; the text shows the place with a caret below.

    Attributes:
        position: of the first character that does not fit, counted from 0.
    """

    def __init__(self, message: str, position: int, expression: str) -> None:
        self.position = position
        start = max(0, position - EXCERPT)
        excerpt = "".join(" " if character.isspace() else character for character in expression)
        excerpt = excerpt[start : position + EXCERPT]
        caret = " " * (position - start) + "^"
        super().__init__(f"Invalid Expression: {message} at character {position + 1}\n  {excerpt}\n  {caret}")


class FilterValueError(FilterError):
    """The values of a request, or what else it holds, do not fit the expression."""
