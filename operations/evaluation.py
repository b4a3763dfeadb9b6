"""Compare recipes on prepared data: a table, a picture, and the same as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data_prep.errors import ManifestError
from data_prep.manifest import Manifest
from operations.cost.prices import Prices, load_prices
from operations.cost.training import Forecast, forecast
from operations.errors import OperationError
from personalize_local.engine.histories import Histories
from personalize_local.evaluation import chart, contenders, data
from personalize_local.evaluation.compare import CONFIDENCE, Contender, Estimate, Result, Split, Told, compare
from personalize_stack.config.model import Project

METRICS = {
    "NDCG@10": "normalized_discounted_cumulative_gain_at_10",
    "NDCG@25": "normalized_discounted_cumulative_gain_at_25",
    "precision@10": "precision_at_10",
    "MRR@25": "mean_reciprocal_rank_at_25",
}
JUDGED_BY = "NDCG@10"
BASELINE = "popularity"


def evaluate(
    project: Project,
    console: Console,
    folder: Path,
    *,
    recipes: Sequence[str] = (),
    event_type: str | None = None,
    leave_last_out: bool = False,
    prices: Prices | None = None,
    seed: int = 0,
    as_json: bool = False,
) -> None:
    """Train what was asked for, and the baselines, on nine tenths of the users; test them on the others.

    Beside their quality stands what a training took here, and what one is forecast to cost on AWS.

    Args:
        folder: Where the picture and the figures go.
        recipes: Names with or without `aws-`. Default: those of the configuration's solutions, with their settings.
        event_type: Learn from and predict events of this type only.
        leave_last_out: Learn from all users but for their last event, and predict that.
        prices: Default: those that come along.

    Raises:
        OperationError: There are no prepared files, no such recipe, or too few users to compare.
    """
    chosen = _chosen(project, recipes)
    manifest = _prepared(project)
    log, catalogue = data.read_log(manifest, event_type), data.read_catalogue(manifest)
    users = data.read_catalogue(manifest, "users", "USER_ID")
    if len(log) == 0:
        raise OperationError(f"there are no interactions of the type {event_type!r} in {manifest.folder}")
    histories = Histories.of(log, catalogue, users)
    split = Split.leaving_last_out(histories, seed) if leave_last_out else Split.of(histories, seed)
    with _progress(console) as told:
        results = list(compare([*contenders.baselines(), *chosen], split, seed=seed, told=told))
    tested = [result for result in results if result.problem is None]
    asked = len(next(iter(tested[0].evaluation.by_request.values()), []))
    title = f"{project.project}: {asked:,} test users, {len(split.train):,} learned from"
    title += ", the last event of each left out" if leave_last_out else ""
    prices = prices or load_prices()
    costs = {
        result.contender.name: forecast(result.contender.recipe, len(log), prices)
        for result in results
        if result.contender.recipe and not result.problem
    }
    pictures = chart.draw(tested, METRICS, folder, f"{title}; lines: {CONFIDENCE:.0%} of the resampled means")
    figures = folder / "comparison.json"
    figures.write_text(json.dumps([_figures(result, costs) for result in results], indent=2) + "\n", encoding="utf-8")
    if as_json:
        console.print_json(figures.read_text(encoding="utf-8"))
        return
    console.print(_table(results, title, costs))
    for result in results:
        if result.problem:
            console.print(f"{result.contender.name}: {result.problem}", highlight=False, soft_wrap=True)
    for line in _legend(costs, prices):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"by {JUDGED_BY}, user by user:", highlight=False)
    for line in _verdicts(tested):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    console.print("figures: " + ", ".join(str(path) for path in (figures, *pictures)), highlight=False, soft_wrap=True)


def _prepared(project: Project) -> Manifest:
    try:
        return Manifest.read(project.root / project.prepared)
    except ManifestError as error:
        raise OperationError(f"{error}; run personalize prep first") from error


def _chosen(project: Project, recipes: Sequence[str]) -> list[Contender]:
    known = contenders.names()
    if recipes:
        full = [name if name.startswith("aws-") else f"aws-{name}" for name in recipes]
        if unknown := [name for name in full if name not in known]:
            raise OperationError(f"cannot compare [{', '.join(unknown)}]; the recipes are [{', '.join(known)}]")
        return [contenders.of_recipe(name.removeprefix("aws-"), name, {}, {}) for name in full]
    chosen = [
        contenders.of_recipe(name, solution.recipe, solution.hyperparameters, solution.featurization)
        for name, solution in project.solutions.items()
        if solution.recipe in known
    ]
    if not chosen:
        raise OperationError(
            f"no solution of the configuration can be compared; give --recipe, of [{', '.join(known)}]"
        )
    return chosen


@contextmanager
def _progress(console: Console) -> Iterator[Told]:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[doing]}")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def told(name: str) -> Any:
            task = progress.add_task(name, total=1.0, doing="")
            return lambda share, doing: progress.update(task, completed=share, doing=doing)

        yield told


def _table(results: Sequence[Result], title: str, costs: Mapping[str, Forecast]) -> Table:
    columns = (*METRICS, "coverage", "CPU s", "AWS USD")
    table = Table("model", *columns, title=title, title_justify="left", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    best = max(
        (result.estimate(METRICS[JUDGED_BY]).mean for result in results if result.problem is None), default=float("nan")
    )
    for result in results:
        name = f"[dim]{result.contender.name}[/]" if result.contender.is_baseline else result.contender.name
        if result.problem:
            table.add_row(name, "[red]not trained[/]")
            continue
        found = [result.estimate(metric) for metric in METRICS.values()]
        cells = [f"{one.mean:.4f} ±{(one.high - one.low) / 2:.4f}" for one in found]
        if found[0].mean == best:
            cells[0] = f"[bold]{cells[0]}[/]"
        cost = costs.get(result.contender.name)
        usd = f"{cost.usd:.2f}" if cost and cost.usd is not None else ""
        table.add_row(name, *cells, f"{result.evaluation.coverage:.2f}", f"{result.cpu_seconds:.1f}", usd)
    return table


def _legend(costs: Mapping[str, Forecast], prices: Prices) -> Iterator[str]:
    """What the last two columns are, and what the last one rests on."""
    yield f"CPU s: the training, on this machine; AWS USD: forecast of one training, prices of {prices.date}:"
    for basis in dict.fromkeys(cost.basis for cost in costs.values()):
        yield f"  {', '.join(name for name, cost in costs.items() if cost.basis == basis)}: {basis}"


def _verdicts(results: Sequence[Result]) -> Iterator[str]:
    """What the figures say, in words: which differences are more than the luck of the draw."""
    by_name = {result.contender.name: result for result in results}
    rivals = [by_name[name] for name in (BASELINE, "item-kNN") if name in by_name]
    for result in results:
        if not result.contender.is_baseline:
            yield f"{result.contender.name}: " + ", ".join(_compared(result, rival) for rival in rivals)


def _compared(result: Result, rival: Result) -> str:
    gain = result.gain_over(rival, METRICS[JUDGED_BY])
    mean = rival.estimate(METRICS[JUDGED_BY]).mean
    times = f", {result.estimate(METRICS[JUDGED_BY]).mean / mean:.2f} times" if mean else ""
    verdict = "ahead of" if gain.low > 0 else "behind" if gain.high < 0 else "not told apart from"
    return f"{verdict} {rival.contender.name} ({gain.mean:+.4f}{times})"


def _figures(result: Result, costs: Mapping[str, Forecast]) -> Mapping[str, Any]:
    figures: dict[str, Any] = {"model": result.contender.name, "baseline": result.contender.is_baseline}
    if result.problem:
        return figures | {"problem": result.problem}
    return figures | {
        "coverage": result.evaluation.coverage,
        "training_seconds": round(result.seconds, 2),
        "training_cpu_seconds": round(result.cpu_seconds, 2),
        **_cost(costs.get(result.contender.name)),
        "metrics": {metric: _interval(result.estimate(metric)) for metric in result.evaluation.by_request},
    }


def _cost(cost: Forecast | None) -> dict[str, Any]:
    return {} if cost is None else {"aws_training_usd": cost.usd, "aws_training_basis": cost.basis}


def _interval(estimate: Estimate) -> dict[str, float]:
    return {"mean": estimate.mean, "low": estimate.low, "high": estimate.high}
