"""What one part of a configuration demands of another.

The rules read plain data and look only at what is well formed, so that they report their problems together with
those of the single values.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from personalize_stack.config.rules import datasets, filters, jobs, project, retraining, serving, solutions
from personalize_stack.config.rules.draft import Draft, Finding

RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    *datasets.RULES,
    *solutions.RULES,
    *retraining.RULES,
    *serving.RULES,
    *filters.RULES,
    *jobs.RULES,
    *project.RULES,
)


def findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what breaks a rule."""
    draft = Draft(data)
    for rule in RULES:
        yield from rule(draft)
