"""What a recipe's setting may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A setting that is a number within bounds, both included.

    Attributes:
        is_above: whether it must be more than the lower bound.
        high: None where there is no upper bound.
        is_tunable: whether a search may try several values (hyperparameter optimization).
    """

    default: str
    low: float
    high: float | None
    is_whole: bool = True
    is_above: bool = False
    is_tunable: bool = False

    @property
    def allowed(self) -> str:
        """The values that it takes, in words."""
        kind = "a whole number" if self.is_whole else "a number"
        return f"{kind} {'above' if self.is_above else 'from'} {self.low:g}" + (
            "" if self.high is None else f" to {self.high:g}"
        )

    def spelled(self, text: str) -> str | None:
        """Return the text as the service takes it; None when it is not allowed."""
        try:
            number = int(text) if self.is_whole else float(text)
        except ValueError:
            return None
        is_low = number < self.low or (self.is_above and number == self.low)
        return text if not is_low and number <= (float("inf") if self.high is None else self.high) else None


@dataclass(frozen=True)
class Choice:
    """A setting that is one of some words; a configuration may write them in either case.

    Attributes:
        is_tunable: whether a search may try several of them (hyperparameter optimization).
    """

    default: str
    words: tuple[str, ...]
    is_tunable: bool = False

    @property
    def allowed(self) -> str:
        """The values that it takes, in words."""
        return f"{', '.join(self.words[:-1])} or {self.words[-1]}"

    def spelled(self, text: str) -> str | None:
        """Return the text as the service takes it; None when it is not allowed."""
        return next((word for word in self.words if word.lower() == text.lower()), None)


Setting = Number | Choice


def fraction(default: str, *, is_tunable: bool = False) -> Number:
    """Return a number from 0 to 1."""
    return Number(default, 0, 1, is_whole=False, is_tunable=is_tunable)
