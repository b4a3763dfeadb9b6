"""What the trainings of a project leave out of the interactions, as far as a preparation has to know it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """The interactions of one event type (None: of any) whose EVENT_VALUE is not below a bound (None: any)."""

    event_type: str | None = None
    least_value: float | None = None

    def __str__(self) -> str:
        value = "" if self.least_value is None else f" with EVENT_VALUE >= {self.least_value:g}"
        return f"{self.event_type or 'any type'}{value}"


@dataclass(frozen=True)
class Training:
    """A training that learns from some interactions only.

    Attributes:
        place: the key of the configuration that says so, as `solutions.hrnn`.
        events: it learns from what is wanted by any of them.
    """

    place: str
    events: tuple[Wanted, ...]

    @property
    def told(self) -> str:
        """What it learns from, in words."""
        return " or ".join(map(str, self.events))
