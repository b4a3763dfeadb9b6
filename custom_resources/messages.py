"""Sentences for the reader of a failed deployment: what failed, why, and what to do next."""

from custom_resources.api import Description


def failure(found: Description) -> str:
    """Say that a resource failed, why, and what to do."""
    return f"{found.arn} is {found.status}: {found.failure_reason}; {_next_step(found)}"


def duration(seconds: float) -> str:
    """A time in words: "50 minutes"."""
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{seconds / 3600:.1f} hours"


def _next_step(found: Description) -> str:
    if not found.create_failed:
        return "it goes on as it was before; correct the cause and deploy again"
    if found.kind.deletable:
        return "correct the cause and deploy again, the failed one is deleted first"
    return "correct the cause and deploy again, the next one gets the next name"
