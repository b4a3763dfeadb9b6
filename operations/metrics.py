"""The versions of each solution side by side: metrics, data, verdicts, and who serves since when."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from custom_resources.api import Api
from custom_resources.kinds import KINDS
from operations.aws import Aws, explained
from operations.errors import OperationError
from operations.parameters import Parameters
from operations.serving import Campaign, versions
from personalize_stack.config.model import Project

TOLD, NOTHING = 0, 3
"""Exit codes: told; no solution is there."""
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Version:
    """A version of a solution.

    Args:
        trained: When its training began, in ISO 8601.
        metrics: Its offline metrics; none until it is trained.
        imports: The ARNs of the import jobs whose rows it learnt from.
        verdicts: What retraining decided, by campaign: "promoted", "refused" or "served already".
        serves: Since when it serves, in ISO 8601, by campaign; an empty text where that is not known.
    """

    arn: str
    status: str
    trained: str
    metrics: Mapping[str, float]
    imports: Sequence[str]
    verdicts: Mapping[str, str] = field(default_factory=dict)
    serves: Mapping[str, str] = field(default_factory=dict)


def metrics(project: Project, console: Console, *, solution: str | None, last: int, as_json: bool = False) -> int:
    """Print the newest versions of each solution.

    Args:
        solution: Only this one. Default: all.
        last: How many of its versions.

    Returns:
        One of the exit codes above.

    Raises:
        OperationError: There is no such solution, or AWS refuses.
    """
    aws = Aws(project.region, project.account)
    parameters = Parameters(aws, project.stack_name)
    known = parameters.named("solutions")
    if known and solution is not None and solution not in known:
        raise OperationError(f"{project.stack_name} has no solution {solution!r}; it has {', '.join(known)}")
    solutions = {name: arn for name, arn in known.items() if solution in {None, name}}
    campaigns = Campaign.all_of(aws, project.stack_name)
    serving = _serving(campaigns)
    found = {
        name: list(_versions(aws.client("personalize"), arn, verdicts_of(parameters, name), serving, last))
        for name, arn in solutions.items()
    }
    history = {name: _served(campaigns, solutions[name]) for name in found}
    if as_json:
        answer = [
            {
                "solution": name,
                "arn": solutions[name],
                "versions": [asdict(version) for version in listed],
                "served": history[name],
            }
            for name, listed in found.items()
        ]
        console.print_json(json.dumps(answer))
    elif not found:
        told = f"no solution of {project.stack_name} is in {aws.place}; personalize deploy makes it"
        console.print(told, soft_wrap=True)
    for name, listed in found.items() if not as_json else ():
        console.print(_table(name, listed))
        for campaign, entries in history[name].items():
            told = ", ".join(
                f"{_short(entry['version'])} from {_moment(entry['since'])} ({entry['by']})"
                for entry in entries[-last:]
            )
            console.print(f"{campaign} was served by {told}", soft_wrap=True)
        for version in listed:
            for campaign, since in version.serves.items():
                moment = f" since {since}" if since else ""
                console.print(f"{_short(version.arn)} serves in {campaign}{moment}", soft_wrap=True)
    return TOLD if found else NOTHING


def _served(campaigns: Mapping[str, Campaign], solution: str) -> dict[str, list[dict[str, str]]]:
    """By campaign, who of a solution served since when, and who let it, oldest first."""
    told = {
        name: [
            {"version": entry.version, "since": entry.since.isoformat(timespec="seconds"), "by": entry.by}
            for entry in campaign.history
            if entry.version.startswith(f"{solution}/")
        ]
        for name, campaign in campaigns.items()
    }
    return {name: entries for name, entries in told.items() if entries}


def _serving(campaigns: Mapping[str, Campaign]) -> dict[str, dict[str, str]]:
    """By version, since when it serves in which campaigns."""
    found: dict[str, dict[str, str]] = {}
    for name, campaign in campaigns.items():
        seen = campaign.find()
        if seen is None:
            continue
        current = str(seen.values["solutionVersionArn"])
        told = campaign.history[-1:]
        since = told[0].since.isoformat(timespec="seconds") if told and told[0].version == current else ""
        found.setdefault(current, {})[name] = since
    return found


def verdicts_of(parameters: Parameters, name: str) -> dict[str, dict[str, str]]:
    """By version, what retraining decided for each campaign."""
    return {
        str(entry.value["version"]): {verdict["campaign"]: verdict["outcome"] for verdict in entry.value["verdicts"]}
        for entry in parameters.history(f"solutions/{name}/judged")
        if entry.value["version"]
    }


def _versions(
    personalize: Any,
    solution: str,
    verdicts: Mapping[str, Mapping[str, str]],
    serving: Mapping[str, Mapping[str, str]],
    last: int,
) -> Iterator[Version]:
    jobs = _imports(personalize, solution)
    for summary in versions(personalize, solution)[-last:]:
        arn, status = str(summary["solutionVersionArn"]), str(summary["status"])
        measured: Mapping[str, float] = {}
        if status == "ACTIVE":
            with explained(f"the metrics of {arn} cannot be read"):
                measured = personalize.get_solution_metrics(solutionVersionArn=arn)["metrics"]
        began = summary["creationDateTime"]
        yield Version(
            arn,
            status,
            began.isoformat(timespec="seconds"),
            dict(sorted(measured.items())),
            _learnt(jobs, began),
            verdicts.get(arn, {}),
            serving.get(arn, {}),
        )


def _imports(personalize: Any, solution: str) -> list[list[Mapping[str, Any]]]:
    """The finished import jobs of each dataset that the solution may learn from, in the order of their end."""
    kind, jobs = KINDS["DatasetImportJob"], []
    with explained(f"the imports of {solution} cannot be listed"):
        group = personalize.describe_solution(solutionArn=solution)["solution"]["datasetGroupArn"]
        datasets = Api(KINDS["Dataset"], personalize).list(KINDS["Dataset"], group)
        for dataset in datasets:
            found = Api(kind, personalize).list(kind, dataset["datasetArn"])
            done = [job for job in found if job["status"] == "ACTIVE"]
            jobs.append(sorted(done, key=lambda job: job["lastUpdatedDateTime"]))
    return jobs


def _learnt(jobs: Sequence[Sequence[Mapping[str, Any]]], began: datetime) -> list[str]:
    """The imports that were there when a training began: of each dataset, the last full one and what was added."""
    learnt: list[str] = []
    for of_dataset in jobs:
        there: list[str] = []
        for job in of_dataset:
            if job["lastUpdatedDateTime"] <= began:
                arn = str(job["datasetImportJobArn"])
                there = [*there, arn] if job.get("importMode") == "INCREMENTAL" else [arn]
        learnt += there
    return learnt


def _table(name: str, listed: Sequence[Version]) -> Table:
    arns = [version.arn for version in listed]
    table = Table(Column(name, no_wrap=True), *map(_short, arns), "trend", box=None, pad_edge=False)
    table.add_row("trained", *(_moment(version.trained) for version in listed))
    if any(version.status != "ACTIVE" for version in listed):
        table.add_row("status", *(version.status for version in listed))
    table.add_row("imports", *(str(len(version.imports)) for version in listed))
    if any(version.verdicts for version in listed):
        table.add_row("gate", *(", ".join(sorted(set(version.verdicts.values()))) for version in listed))
    table.add_row("serves in", *(", ".join(version.serves) for version in listed))
    for metric in sorted({metric for version in listed for metric in version.metrics}, key=_order):
        values = [version.metrics.get(metric) for version in listed]
        shown = ("" if value is None else f"{value:.4f}" for value in values)
        table.add_row(_label(metric), *shown, sparkline([value for value in values if value is not None]))
    return table


def _label(metric: str) -> str:
    """The name of a metric as tables have it: "NDCG@25"."""
    for name, short in (("normalized_discounted_cumulative_gain", "NDCG"), ("mean_reciprocal_rank", "MRR")):
        metric = metric.replace(name, short)
    return metric.replace("_at_", "@").replace("_", " ")


def _order(metric: str) -> tuple[str, int]:
    """By name, then by the length of the lists that are judged."""
    name, _, length = metric.partition("_at_")
    return name, int(length) if length.isdecimal() else 0


def sparkline(values: Sequence[float]) -> str:
    """A line of bars, the lowest for the least value and the highest for the greatest."""
    least, most = min(values, default=0.0), max(values, default=0.0)
    span = (most - least) or 1.0
    return "".join(_BARS[round((value - least) / span * (len(_BARS) - 1))] for value in values)


def _moment(iso: str) -> str:
    return iso[5:16].replace("T", " ")


def _short(version: str) -> str:
    return version.rpartition("/")[2]
