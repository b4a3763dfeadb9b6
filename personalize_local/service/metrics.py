"""Where the service's metrics go: to CloudWatch, by whatever stands in for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

NAMESPACE = "AWS/Personalize"

Dimensions = tuple[tuple[str, str], ...]  # names and values


@dataclass(frozen=True)
class Datum:
    """One value of a metric.

    Args:
        unit: As CloudWatch names it: "Count", "Milliseconds", "Seconds", "Bytes", "None".
        timestamp: Epoch seconds, on the service's clock.
        role_arn: Whose permissions it is put with. None: the service's own.
    """

    name: str
    dimensions: Dimensions
    value: float
    unit: str
    timestamp: float
    role_arn: str | None = None


class Metrics(Protocol):
    """Takes values of metrics."""

    def put(self, data: Sequence[Datum]) -> None:
        """Take some; the caller does not wait until they are in CloudWatch."""

    def close(self) -> None:
        """Take no more."""


class NoMetrics:
    """Where there is no CloudWatch."""

    def put(self, data: Sequence[Datum]) -> None:
        """Drop them."""

    def close(self) -> None:
        """Do nothing."""
