"""What concerns the project as a whole: quotas, tags, where it is deployed to."""

from collections.abc import Callable, Iterator

from personalize_stack.config.rules.draft import Draft, Finding
from personalize_stack.config.words import allowed, shown

QUOTAS = {"solutions": 10, "campaigns": 5, "recommenders": 5, "filters": 30}
"""How many a dataset group may hold unless AWS has raised it (developer guide, quotas)."""

REGIONS = (
    *("us-east-1", "us-east-2", "us-west-2", "ca-central-1", "eu-west-1", "eu-central-1", "ap-northeast-1"),
    *("ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "cn-north-1"),
)
"""Where Amazon Personalize is (AWS General Reference, endpoints and quotas)."""


def _quotas(draft: Draft) -> Iterator[Finding]:
    for section, standard in QUOTAS.items():
        raised = draft.value("quotas", section)
        most = raised if isinstance(raised, int) else standard
        count = len(draft.mapping(section))
        if count > most:
            text = f"{count} entries given; a dataset group may have {most}; leave some out, "
            yield (section,), text + f"or say in quotas.{section} what AWS has raised this to"


def _tags(draft: Draft) -> Iterator[Finding]:
    for key in draft.mapping("tags"):
        if key.lower().startswith("aws:"):
            yield ("tags", key), "the prefix aws: is reserved; choose another key"


def _region(draft: Draft) -> Iterator[Finding]:
    region = draft.text("region")
    # A text that is no region's name at all is told with the single values.
    if region and region.count("-") >= 2 and region not in REGIONS:
        yield ("region",), f"{shown(region)} given; Amazon Personalize is not there; {allowed(REGIONS, region)}"


def _arns(draft: Draft) -> Iterator[Finding]:
    """What exists already must be where the stack is."""
    for path in (("dataset_group",), ("event_tracker", "arn")):
        parts = (draft.text(*path) or "").split(":")
        for key, index in (("region", 3), ("account", 4)):
            wanted = draft.text(key)
            if wanted and len(parts) > index and parts[index] != wanted:
                yield path, f"'{':'.join(parts)}' given; it is not in the {key} {wanted}"


def _production(draft: Draft) -> Iterator[Finding]:
    if draft.value("production") is True and draft.value("retain_data") is False:
        yield ("retain_data",), "False given; in production data is retained; leave one of the two out"


RULES: tuple[Callable[[Draft], Iterator[Finding]], ...] = (_quotas, _tags, _region, _arns, _production)
