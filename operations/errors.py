"""What can go wrong while operating a deployed recommender, or deploying it.

OperationError            the operation cannot be done
└── ApprovalRequired      a deploy that somebody has to approve first
"""

from collections.abc import Sequence


class OperationError(Exception):
    """An operation cannot be done, or a tool that it needs is missing; the message says what to do."""


class ApprovalRequired(OperationError):  # noqa: N818 - named after what is wanted
    """A deploy widens permissions, and somebody has to approve that first.

    Attributes:
        changes: The tables that show what would change, line by line.
    """

    def __init__(self, changes: Sequence[str]) -> None:
        super().__init__("the deploy changes permissions, and nobody has approved that")
        self.changes = changes
