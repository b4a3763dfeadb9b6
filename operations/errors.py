"""What can go wrong while operating a deployed recommender, or deploying it."""


class OperationError(Exception):
    """An operation cannot be done, or a tool that it needs is missing; the message says what to do."""
