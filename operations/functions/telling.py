"""Puts an event of operations on the stack's event bus; personalize_stack/notifications.py says what it holds."""

import json
from typing import Any

SOURCE = "personalize-stack"
PROBLEM, INFO = "problem", "info"


class Teller:
    """Tells what happens to one stack.

    Args:
        events: The client of EventBridge.
        bus: The name of the bus.
        stack: The stack's name.
    """

    def __init__(self, events: Any, bus: str, stack: str) -> None:
        self._events, self._bus, self._stack = events, bus, stack

    def tell(self, what: str, summary: str, severity: str = INFO, **more: Any) -> None:
        """Tell that something happened.

        Args:
            what: In some words, the same each time: "Capacity changed".
            summary: A sentence for people: what happened, why, what to do.
            more: Further members of the detail.

        Raises:
            RuntimeError: The bus does not take it.
        """
        detail = {"stack": self._stack, "severity": severity, "summary": summary, **more}
        entry = {"EventBusName": self._bus, "Source": SOURCE, "DetailType": what, "Detail": json.dumps(detail)}
        answer = self._events.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise RuntimeError(f"the event {what!r} was not taken: {answer['Entries'][0]['ErrorMessage']}")
