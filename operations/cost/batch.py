"""What jobs over many users or items cost, once each."""

from collections.abc import Iterator
from pathlib import Path

from operations.cost.line import Line, times
from operations.cost.prices import Prices
from operations.cost.training import PER_INTERACTION
from personalize_stack.config.model import Project

RESULTS = 25
"""How many users a segment has, unless it is said."""
_TAKEN = "no price is known, so that of a request to a v2 recipe is taken"


def batches(project: Project, users: int, prices: Prices) -> Iterator[Line]:
    """Yield a line for each job.

    Args:
        users: In the log; a job whose input is not on this machine is taken for one over all of them.
    """
    for name, job in project.batch_inference.items():
        is_v2 = project.solutions[job.solution].recipe in PER_INTERACTION
        known = prices.v2_batch_1000 if is_v2 else prices.batch_1000
        rows, told = _rows(project.root, job.input, users)
        yield _line(f"batch_inference.{name}", f"{rows:,} results", told, number=rows, known=known, prices=prices)
    for name, segments in project.batch_segments.items():
        rows, told = _rows(project.root, segments.input, users)
        found = rows * (segments.num_results or RESULTS)
        known = prices.segment_1000
        yield _line(f"batch_segments.{name}", f"{found:,} users", told, number=found, known=known, prices=prices)


def _line(what: str, quantity: str, told: str, *, number: int, known: float | None, prices: Prices) -> Line:
    if known is not None:
        return Line(what, quantity, number / 1000 * known, told)
    taken = times(number / 1000, prices.v2_requests_1000)
    return Line(what, quantity, taken, f"{told}; {_TAKEN}", assumed=taken is not None)


def _rows(root: Path, given: str, users: int) -> tuple[int, str]:
    """How many lines an input has, and in words how that is known."""
    if given.startswith("s3://") or not (root / given).is_file():
        return users, "one run, as if for every user of the log"
    with (root / given).open("rb") as lines:
        return sum(bool(line.strip()) for line in lines), "one run, for each line of its input"
