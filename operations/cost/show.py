"""Prints what an environment will cost, or what it has used."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from data_prep.manifest import Manifest
from operations.aws import Aws, explained
from operations.clock import Clock
from operations.cost.estimate import estimate, expected_load
from operations.cost.line import Line, total
from operations.cost.prices import Prices, load_prices
from operations.cost.used import earlier_trainings, used
from operations.errors import OperationError
from personalize_stack.config.model import Project


def show_estimate(
    projects: Sequence[Project],
    console: Console,
    *,
    prices: Path | None = None,
    requests: float | None = None,
    events: float | None = None,
    trainings: int = 4,
    as_json: bool = False,
) -> None:
    """Print what environments will cost a month.

    Args:
        prices: A file that takes the place of the prices that come along.
        requests: A month. Default: one for each event.
        events: A month. Default: as many as the log has.
        trainings: A month, of each solution that the service does not train by itself.

    Raises:
        ManifestError: The data is not prepared.
        OperationError: The prices cannot be used.
    """
    listed = load_prices(prices)
    environments = {}
    for project in projects:
        manifest = Manifest.read(project.root / project.prepared)
        load = expected_load(project, manifest, requests, events, trainings)
        environments[project.stack_name] = list(estimate(project, manifest, load, listed, _earlier(project)))
    _print(environments, listed, console, "a month", as_json=as_json)


def show_used(
    project: Project, console: Console, clock: Clock, days: int, *, prices: Path | None = None, as_json: bool = False
) -> None:
    """Print what an environment has used in the last days.

    Raises:
        OperationError: The prices cannot be used, or AWS refuses.
    """
    listed = load_prices(prices)
    aws = Aws(project.region, project.account)
    with explained(f"what {project.stack_name} has used cannot be looked at"):
        lines = list(used(aws, project.stack_name, days, datetime.fromtimestamp(clock.now(), UTC), listed))
    if not lines and not as_json:
        console.print(f"{project.stack_name} has used nothing in {days} days in {aws.place}", soft_wrap=True)
        return
    _print({project.stack_name: lines}, listed, console, f"in {days} days", as_json=as_json)


def _earlier(project: Project) -> Mapping[str, Sequence[float]]:
    """What earlier trainings took, where AWS can be asked, since no account is needed; a local cloud's say nothing."""
    try:
        aws = Aws(project.region, project.account)
        if aws.is_local:
            return {}
        with explained("earlier trainings cannot be looked at"):
            return earlier_trainings(aws, project.stack_name)
    except OperationError:
        return {}


def _print(
    environments: Mapping[str, list[Line]], prices: Prices, console: Console, per: str, *, as_json: bool
) -> None:
    sums = {
        name: total([line for line in lines if not line.what.endswith(", saved")])
        for name, lines in environments.items()
    }
    if as_json:
        told = {
            name: {"usd": round(sums[name], 2), "lines": [asdict(line) for line in lines]}
            for name, lines in environments.items()
        }
        console.print_json(json.dumps({"prices": prices.date.isoformat(), "environments": told}))
        return
    for name, lines in environments.items():
        table = Table(name, "quantity", f"USD {per}", "which assumes", box=None, pad_edge=False)
        table.columns[2].justify = "right"
        for line in lines:
            table.add_row(line.what, line.quantity, _amount(line), line.assumption)
        table.add_row("sum", "", f"{sums[name]:,.2f}", _of(lines))
        console.print(table)
        console.print()
    console.print(f"prices of {prices.date:%Y-%m-%d}, in part reported by users; give your own with --prices FILE")


def _amount(line: Line) -> str:
    return "no price" if line.usd is None else f"{'~' if line.assumed else ''}{line.usd:,.2f}"


def _of(lines: Sequence[Line]) -> str:
    """What a sum holds, and what it does not."""
    assumed, left_out = total([line for line in lines if line.assumed]), [ln.what for ln in lines if ln.usd is None]
    told = [f"of it ~{assumed:,.2f} at prices taken from something like it"] if assumed else []
    told += [f"without {', '.join(left_out)}: no price is known"] if left_out else []
    return "; ".join(told) or "of all lines"
