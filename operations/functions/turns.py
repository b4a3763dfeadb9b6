"""One after the other: what fails keeps nothing else from its turn."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

Outcome = TypeVar("Outcome")

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logging.basicConfig(format="%(message)s")  # Lambda's runtime has a handler already, the local cloud's has none


def take(turns: Mapping[str, Callable[[], Outcome]]) -> tuple[dict[str, Outcome], list[str]]:
    """Take each turn.

    Returns:
        What came of them, by name; and what AWS refused.
    """
    outcomes, failures = dict[str, Outcome](), list[str]()
    for name, turn in turns.items():
        try:
            outcomes[name] = turn()
        except (ClientError, BotoCoreError) as error:
            failures.append(f"{name}: {error}")
        else:
            logger.info("%s: %s", name, outcomes[name])
    return outcomes, failures


def complain(failures: list[str]) -> None:
    """End with all failures in one, if there are any.

    Raises:
        RuntimeError: There are.
    """
    if failures:
        raise RuntimeError("; ".join(failures))
