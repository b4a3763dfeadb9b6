"""Asks a deployed campaign or recommender, as an application would, and says what the answer rests on."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from data_prep.checks import read_csv
from data_prep.errors import ManifestError, SourceError
from data_prep.manifest import Manifest
from operations.aws import Aws, explained
from operations.errors import OperationError
from operations.functions.serving import described, kind
from operations.published import chosen, published, serving
from personalize_stack.config.model import Project
from personalize_stack.config.words import allowed

LAST = 5
"""How many of a user's last interactions are shown."""
NAMES = ("TITLE", "NAME", "ITEM_NAME")
"""Columns of items that are shown beside an item."""


@dataclass(frozen=True)
class Recommended:
    """A line of the answer.

    Args:
        item: Its ID.
        name: What the prepared items call it; empty if they do not.
        score: The service's; None for recipes without.
        reasons: The service's words for why it is there.
        interactions: How many the prepared log has with it; None where that is not asked.
    """

    item: str
    name: str
    score: float | None
    reasons: Sequence[str]
    interactions: int | None


@dataclass(frozen=True)
class Question:
    """What is asked.

    Args:
        user: Whom the recommendations are for.
        item: What they are to go with.
        name: Of the campaign or recommender. Default: the only one.
        filter: The name of a filter.
        count: How many.
    """

    user: str | None
    item: str | None
    name: str | None = None
    filter: str | None = None
    count: int = 10


def recommend(
    project: Project, question: Question, console: Console, *, explain: bool = False, as_json: bool = False
) -> None:
    """Ask, and print the answer.

    Args:
        explain: Say what it rests on: the version, the user's last interactions, the items' popularity.

    Raises:
        OperationError: There is no such campaign, recommender or filter, or the service refuses.
    """
    aws = Aws(project.region, project.account)
    found = published(aws, project.stack_name)
    name, arn = chosen(serving(aws, project.stack_name), question.name, project.stack_name)
    parameters: dict[str, Any] = {f"{kind(arn).lower()}Arn": arn, "numResults": question.count}
    if question.user:
        parameters["userId"] = question.user
    if question.item:
        parameters["itemId"] = question.item
    if question.filter:
        parameters["filterArn"] = _filter(found, question.filter)
    with explained(f"{name} does not answer"):
        answer = aws.client("personalize-runtime").get_recommendations(**parameters)
    log = Log(project)
    lines = [
        Recommended(
            item["itemId"],
            log.names.get(item["itemId"], ""),
            item.get("score"),
            item.get("reason", []),
            log.popularity[item["itemId"]] if explain else None,
        )
        for item in answer["itemList"]
    ]
    why = _basis(aws, name, arn, question, log) if explain else {}
    if as_json:
        items = [asdict(line) for line in lines]
        for item in items if not explain else ():
            del item["interactions"]
        told = {"recommendationId": answer.get("recommendationId"), "items": items, **why}
        console.print_json(json.dumps(told, default=str))
        return
    for label, text in why.items():
        console.print(f"{label}: {', '.join(text) if isinstance(text, list) else text}", soft_wrap=True)
    if not lines:
        console.print(f"{name} recommends nothing; a filter may leave nothing, or the item or user has no data")
        return
    console.print(_table(lines, explain=explain))


class Log:
    """What the prepared files say of users and items, an increment with what it adds to; nothing where there are none.

    Files in S3 are brought here for what is asked of them.
    """

    def __init__(self, project: Project) -> None:
        self._manifest: Manifest | None = None
        with suppress(ManifestError):
            self._manifest = Manifest.read(project.root / project.prepared)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What items are called; a correction comes after what it corrects."""
        return {row["ITEM_ID"]: _name(row) for row in self._rows("items")}

    @cached_property
    def popularity(self) -> Counter[str]:
        """How many interactions there are with each item."""
        return Counter(item for _, item, _ in self._interactions)

    def last_of(self, user: str) -> list[str]:
        """The items of the user's last interactions, the last one last."""
        own = sorted((time, item) for someone, item, time in self._interactions if someone == user)
        return [item for _, item in own[-LAST:]]

    @cached_property
    def _interactions(self) -> list[tuple[str, str, int]]:
        return [(row["USER_ID"], row["ITEM_ID"], int(row["TIMESTAMP"])) for row in self._rows("interactions")]

    def _rows(self, name: str) -> Iterator[dict[str, str]]:
        made = self._manifest and self._manifest.datasets.get(name)
        if self._manifest is None or not made:
            return
        with TemporaryDirectory() as folder, suppress(SourceError, FileNotFoundError):
            for path in self._manifest.here((*made.baseline, *made.parts), Path(folder)):
                with path.open(encoding="utf-8", newline="") as lines:
                    header, *records = read_csv(lines)
                yield from (dict(zip(header, record, strict=True)) for record in records)

    def shown(self, item: str) -> str:
        """An item with its name."""
        name = self.names.get(item)
        return f"{item} ({name})" if name else item


def _basis(aws: Aws, name: str, arn: str, question: Question, log: Log) -> Mapping[str, str | list[str]]:
    """What an answer rests on, by what it is called."""
    basis: dict[str, str | list[str]] = {"asked": f"{name}, {arn}"}
    with explained(f"{name} cannot be looked at"):
        personalize = aws.client("personalize")
        served = described(personalize, arn)
        version = served and served.values.get("solutionVersionArn")
        if version:
            trained = personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
            recipe = trained.get("recipeArn", "").rpartition("/")[2]
            basis["model"] = (
                f"{recipe}, version {version.rpartition('/')[2]}, made {trained['creationDateTime']:%Y-%m-%d %H:%M}"
            )
    if question.user:
        last = log.last_of(question.user)
        basis["last in the prepared log"] = [log.shown(item) for item in last] or (
            "nothing: the user is new to it, so recommendations are as for anybody, unless events have come since"
        )
    if question.item:
        basis["goes with"] = f"{log.shown(question.item)}, {log.popularity[question.item]:,} interactions"
    return basis


def _table(lines: Sequence[Recommended], *, explain: bool) -> Table:
    table = Table("", "item", "name", "score", box=None, pad_edge=False)
    if explain:
        table.add_column("why, says the service")
        table.add_column("interactions in the log", justify="right")
    for place, line in enumerate(lines, start=1):
        cells = [str(place), line.item, line.name, "" if line.score is None else f"{line.score:.5f}"]
        table.add_row(*cells, *([", ".join(line.reasons), f"{line.interactions or 0:,}"] if explain else []))
    return table


def _filter(found: Mapping[str, str], name: str) -> str:
    filters = {path.split("/")[1]: arn for path, arn in found.items() if path.startswith("filters/")}
    if name not in filters:
        raise OperationError(f"there is no filter {name!r}; {allowed(sorted(filters), name)}")
    return filters[name]


def _name(row: Mapping[str, str]) -> str:
    return next((row[column] for column in NAMES if row.get(column)), "")
