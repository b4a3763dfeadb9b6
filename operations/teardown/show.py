"""What the teardown command shows: inventories before, progress during, leftovers after."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.tree import Tree

from custom_resources.kinds import KINDS
from operations.stack import StackResource
from operations.teardown.check import Found
from operations.teardown.group import Contents
from operations.teardown.removal import Step
from operations.terminal import aligned

_NAMED = ("AWS::S3::Bucket", "AWS::KMS::Key", *(f"Custom::Personalize{kind}" for kind in KINDS))


def stack_contents(resources: Sequence[StackResource]) -> str:
    """What goes with a stack, recommender and data by name, the rest by number; and what stays."""
    going = [resource for resource in resources if not resource.is_kept]
    named = [resource for resource in going if _is_named(resource)]
    others = Counter(resource.type for resource in going if not _is_named(resource))
    rows = [(resource.type.removeprefix("Custom::Personalize"), _short(resource.name)) for resource in named]
    rows += [(type_, str(number)) for type_, number in sorted(others.items())]
    rows += [(resource.type, f"{resource.name} stays") for resource in resources if resource.is_kept]
    return aligned(rows)


def leftovers_table(found: Iterable[Found]) -> str:
    """What is still there, and why it counts."""
    rows = [
        (resource.type, resource.arn if resource.type == "KMS key" else resource.name, resource.why, resource.note)
        for resource in found
    ]
    return aligned([("type", "name", "found by", ""), *rows])


def contents_tree(contents: Contents, place: str) -> Tree:
    """A dataset group with all that goes with it."""
    tree = Tree(f"{contents.group}, {contents.group.status}, {place}")
    branches = {contents.group.arn: tree}
    for item in reversed(contents.items):  # parents come after what belongs to them
        parent = branches.get(item.parent, tree)
        branches[item.arn] = parent.add(f"{item}, {item.status}")
    if contents.records:
        tree.add(f"{contents.records} jobs and solution versions that have ended")
    for schema in contents.schemas:
        tree.add(f"{schema}, which nothing else uses")
    for schema_arn, user in contents.shared.items():
        tree.add(f"stays: {_short(schema_arn)}, which {_short(user)} uses")
    return tree


@contextmanager
def removal_progress(console: Console, contents: Contents) -> Iterator[Callable[[Step], None]]:
    """Show a bar for each kind; yield what takes the steps. Without a terminal, each step is a line."""
    if not console.is_terminal:
        yield lambda step: console.print(f"{step.item}: {step.note}", soft_wrap=True)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as progress:
        numbers = Counter(item.kind.words for item in contents.all_items)
        tasks = {words: progress.add_task(words, total=number, note="") for words, number in numbers.items()}

        def tell(step: Step) -> None:
            note = "" if step.is_over else f"{step.item.name}: {step.note}"
            progress.update(tasks[step.item.kind.words], advance=int(step.is_over), note=note)

        yield tell


def _is_named(resource: StackResource) -> bool:
    return resource.type in _NAMED


def _short(arn: str) -> str:
    return arn.split(":", 5)[-1]
