"""Asks a deployed campaign or recommender, as an application would, and says what the answer rests on."""

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
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
        context: What is known of the moment, by column of the interactions.
    """

    user: str | None
    item: str | None
    name: str | None = None
    filter: str | None = None
    count: int = 10
    context: Mapping[str, str] = field(default_factory=dict)


def recommend(
    project: Project, question: Question, console: Console, *, explain: bool = False, as_json: bool = False
) -> None:
    """Ask, and print the answer.

    Args:
        explain: Say what it rests on: the version, the user's last interactions, the items' popularity.

    Raises:
        OperationError: There is no such campaign, recommender or filter, or the service refuses.
        SourceError: The prepared log is in S3 and cannot be read, and is to be explained from.
    """
    aws = Aws(project.region, project.account)
    found = published(aws, project.stack_name)
    name, arn = chosen(serving(aws, project.stack_name), question.name, project.stack_name)
    parameters: dict[str, Any] = {f"{kind(arn).lower()}Arn": arn, "numResults": question.count}
    if question.user:
        parameters["userId"] = question.user
    if question.item:
        parameters["itemId"] = question.item
    if question.context:
        parameters["context"] = dict(question.context)
    if question.filter:
        parameters["filterArn"] = _filter(found, question.filter)
    with explained(f"{name} does not answer"):
        answer = aws.client("personalize-runtime").get_recommendations(**parameters)
    with TemporaryDirectory() as folder:
        log = Log(project, Path(folder))
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

    Args:
        folder: Where files in S3 are brought to, once something is asked that they tell.
    """

    def __init__(self, project: Project, folder: Path) -> None:
        self._folder, self._brought = folder, dict[str, list[Path]]()
        self._manifest: Manifest | None = None
        with suppress(ManifestError):
            self._manifest = Manifest.read(project.root / project.prepared)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What items are called; a correction comes after what it corrects."""
        with suppress(SourceError):  # an answer is one without names too
            return {row["ITEM_ID"]: _name(row) for row in self._rows("items")}
        return {}

    @cached_property
    def popularity(self) -> Counter[str]:
        """How many interactions there are with each item."""
        return Counter(row["ITEM_ID"] for row in self._rows("interactions"))

    def last_of(self, user: str) -> list[str]:
        """The items of the user's last interactions, the last one last."""
        own = ((int(row["TIMESTAMP"]), row["ITEM_ID"]) for row in self._rows("interactions") if row["USER_ID"] == user)
        return [item for _, item in deque(sorted(own), LAST)]

    def _rows(self, name: str) -> Iterator[dict[str, str]]:
        with suppress(FileNotFoundError):
            for path in self._files(name):
                with path.open(encoding="utf-8", newline="") as lines:
                    records = read_csv(lines)
                    header = next(records)
                    yield from (dict(zip(header, record, strict=True)) for record in records)

    def _files(self, name: str) -> list[Path]:
        made = self._manifest.datasets.get(name) if self._manifest else None
        if self._manifest is None or made is None:
            return []
        if name not in self._brought:
            self._brought[name] = self._manifest.here((*made.baseline, *made.parts), self._folder / name)
        return self._brought[name]

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
