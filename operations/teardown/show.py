"""What the teardown command shows: inventories before, progress during, leftovers after."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.tree import Tree

from operations.stack import StackResource
from operations.teardown.check import Found
from operations.teardown.group import Contents
from operations.teardown.removal import Step

_NAMED = ("Custom::Personalize", "AWS::S3::Bucket", "AWS::KMS::Key")
_PARTS = ("Custom::PersonalizeDataObject", "Custom::PersonalizeBucketContents", "Custom::PersonalizeWait")
_POLICY = "AWS::S3::BucketPolicy"


def stack_table(resources: Iterable[StackResource]) -> Table:
    """What goes with a stack: recommender and data by name, the rest by number."""
    table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
    others: Counter[str] = Counter()
    for resource in resources:
        if resource.is_kept:
            continue
        if resource.type.startswith(_NAMED) and resource.type not in (*_PARTS, _POLICY):
            table.add_row(resource.type.removeprefix("Custom::Personalize"), _short(resource.name))
        else:
            others[resource.type] += 1
    if others:
        table.add_row("and", ", ".join(f"{number} {type_}" for type_, number in sorted(others.items())))
    return table


def leftovers_table(found: Iterable[Found]) -> Table:
    """What is still there, and why it counts."""
    table = Table("type", "name", "stack", "by", "", box=None, padding=(0, 2, 0, 0))
    for resource in found:
        name = resource.arn if resource.type == "KMS key" else resource.name
        table.add_row(resource.type, name, resource.stack, resource.why, resource.note)
    return table


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


def _short(arn: str) -> str:
    return arn.split(":", 5)[-1]
