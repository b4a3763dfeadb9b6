"""The operations and the quotas as tables, for docs/local.md.

.venv/bin/python -m personalize_local.service.reference docs/local.md    writes them into the page again
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from personalize_local.service import api
from personalize_local.service.kinds.kind import Kind
from personalize_local.service.kinds.recommenders import RECOMMENDER
from personalize_local.service.kinds.table import KINDS
from personalize_local.service.operations import OPERATIONS
from personalize_local.service.profiles import AWS, Verb
from personalize_local.service.quotas import Quotas

START, END = "<!-- generated from the code: do not edit -->", "<!-- end of what is generated -->"

DIFFERENCES: Mapping[str, str] = {
    "CreateBatchInferenceJob": "the theme of a list is its items' common words; AWS writes a sentence",
    "CreateDatasetImportJob": "timestamps in milliseconds fail; AWS takes them",
    "CreateMetricAttribution": "does not try whether it may write to the bucket and to CloudWatch",
    "CreateSolution": "`performIncrementalUpdate` changes no model",
    "CreateSolutionVersion": "`UPDATE` learns from new data, too; tuning trains one by one; see the models above",
    "DescribeRecipe": "descriptions are our words",
    "GetRecommendations": "exploration does not learn; reasons for promoted items only",
    "GetActionRecommendations": "a logistic regression; AWS has a network, which reads metadata too",
    "PutItems": "new ones are explored without a look at their metadata",
    "UpdateSolution": "see CreateSolution",
}
"""How operations differ from AWS, where they do; what is not here was built to do what is documented."""


def reference() -> str:
    """Return the tables as Markdown."""
    return "\n".join([*_operations(), *_quotas(), ""])


def updated(page: str) -> str:
    """Return a page with the tables as they are now between its marks."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{reference()}\n{END}{after}"


def _operations() -> Iterator[str]:
    told = dict(_of_kinds())
    for service in api.SERVICES:
        names = sorted(api.service_model(service).operation_names)
        yield f"### {service}: {len(names)} operations\n"
        yield "| Operation | Here | Not as on AWS |"
        yield "|---|---|---|"
        for name in names:
            yield f"| {name} | {told.get(name) or _summary(name)} | {DIFFERENCES.get(name, '')} |"
        yield ""


def _of_kinds() -> Iterator[tuple[str, str]]:
    """What the operations do that all kinds share."""
    for kind in KINDS.values():
        yield f"Create{kind.stem}", "; ".join(_creation(kind))
        yield f"Update{kind.stem}", f"in force after {_time(Verb.UPDATE, kind)}, until then `{kind.update_key}`"
        yield f"Describe{kind.stem}", "all members, with the defaults filled in"
        shape = api.operation(kind.list_operation).input_shape
        by = [name for name in shape.members if name.endswith("Arn")] if shape else []
        yield kind.list_operation, f"in pages{f', by `{by[0]}`' if by else ''}"
        yield f"Delete{kind.stem}", "; ".join(_deletion(kind))
    yield "StopRecommender", f"INACTIVE after {_time(Verb.STOP, RECOMMENDER)}: keeps everything and answers nothing"
    yield "StartRecommender", f"ACTIVE again after {_time(Verb.START, RECOMMENDER)}"


def _creation(kind: Kind) -> Iterator[str]:
    yield "at once" if kind.immediate else f"ACTIVE after {_time(Verb.CREATE, kind)}"
    if kind.begin:
        yield "does the work"
    if kind.needs:
        yield f"needs ACTIVE: {', '.join(KINDS[need.kind].words for need in kind.needs)}"
    if kind.quota:
        yield f"quota `{kind.quota.name}`"


def _deletion(kind: Kind) -> Iterator[str]:
    yield "at once" if kind.immediate else f"gone after {_time(Verb.DELETE, kind)}"
    held = [f"{'unfinished ' if hold.unfinished else ''}{KINDS[hold.kind].words}s" for hold in kind.holds]
    if held:
        yield f"refused while there are {', '.join(held)}"
    if kind.takes:
        yield f"with its {', '.join(f'{KINDS[taken].words}s' for taken in kind.takes)}"


def _time(verb: Verb, kind: Kind) -> str:
    """How long it takes in the profile of AWS's durations."""
    seconds = AWS.seconds(verb, kind.stem)
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} min" if seconds < 7200 else f"{seconds / 3600:g} h"


def _summary(operation: str) -> str:
    """What the docstring of the function that answers says first, without the operation's name."""
    handler = OPERATIONS[operation]
    text = (getattr(handler, "func", handler).__doc__ or "").splitlines()[0].rstrip(".")
    return text.removeprefix(f"{operation}: ")


def _quotas() -> Iterator[str]:
    yield "### Quotas\n"
    yield "| Quota | Default | Counts |"
    yield "|---|---|---|"
    for quota in fields(Quotas):
        yield f"| `{quota.name}` | {quota.default:,} | {quota.metadata['what']} |"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(updated(page.read_text(encoding="utf-8")), encoding="utf-8")
