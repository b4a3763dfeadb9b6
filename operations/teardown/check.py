"""Look for whatever still carries an environment's tags or name."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from custom_resources.errors import explain
from operations.aws import AWS_ERRORS, Aws
from operations.teardown.listings import LISTINGS, STACKS, Listing
from operations.teardown.marks import Environment, Listed, Marks, tagged

_AT_ONCE = 8  # listings; most of the time goes into waiting for answers
_TAGGING = "anything with tags"


@dataclass(frozen=True)
class Found:
    """A resource that is still there.

    Args:
        why: By what it shows that it belongs to the stack.
        note: What a reader should know of it.
        counts: Whether it is something to get rid of.
    """

    type: str
    name: str
    arn: str
    stack: str
    why: str
    note: str = ""
    counts: bool = True


@dataclass(frozen=True)
class NotLooked:
    """A type of resource that could not be listed, so that nobody knows."""

    type: str
    reason: str


@dataclass(frozen=True)
class Leftovers:
    """What a check found, and what it could not look at."""

    found: tuple[Found, ...] = ()
    not_looked: tuple[NotLooked, ...] = field(default=())

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to get rid of, for certain."""
        return not self.not_looked and not any(found.counts for found in self.found)

    def __add__(self, other: "Leftovers") -> "Leftovers":
        return Leftovers(self.found + other.found, self.not_looked + other.not_looked)


@dataclass(frozen=True)
class _Looked:
    listing: Listing
    listed: list[Listed]
    problem: NotLooked | None


def check(aws: Aws, environments: Collection[Environment]) -> Leftovers:
    """Look for whatever carries the tags or the name of these environments."""
    stacks = [environment.stack for environment in environments]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        tags = threads.submit(_tagged, aws, environments)
        looked = list(threads.map(lambda listing: _look(aws, listing, stacks), LISTINGS))
    by_arn, tag_problem = tags.result()
    live = {listed.name for look in looked if look.listing is STACKS for listed in look.listed}
    marks = Marks(environments, live, by_arn)
    problems = [look.problem for look in looked if look.problem] + ([tag_problem] if tag_problem else [])
    found = [found for look in looked for found in _ours(look, marks)]
    return Leftovers((*found, *_unlisted(by_arn)), tuple(problems))


def _look(aws: Aws, listing: Listing, stacks: Collection[str]) -> _Looked:
    listed: list[Listed] = []
    try:
        for resource in listing.look(aws, stacks):
            listed.append(resource)  # what comes before an error counts too
    except AWS_ERRORS as error:
        return _Looked(listing, listed, NotLooked(listing.type, explain(error)))
    return _Looked(listing, listed, None)


def _tagged(
    aws: Aws, environments: Collection[Environment]
) -> tuple[Mapping[str, tuple[Environment, str]], NotLooked | None]:
    by_arn: dict[str, tuple[Environment, str]] = {}
    try:
        for arn, owner in tagged(aws, environments):
            by_arn.setdefault(arn, owner)
    except AWS_ERRORS as error:
        return by_arn, NotLooked(_TAGGING, explain(error))
    return by_arn, None


def _ours(looked: _Looked, marks: Marks) -> Iterator[Found]:
    for listed in looked.listed:
        if owner := marks.owner(listed):
            environment, why = owner
            keeps = looked.listing.holds_data and environment.keeps_data
            note = "kept on purpose: the environment retains its data" if keeps else listed.note
            yield Found(looked.listing.type, listed.name, listed.arn, environment.stack, why, note, listed.counts)


def _unlisted(by_arn: Mapping[str, tuple[Environment, str]]) -> Iterator[Found]:
    """What has the tags and is of no type that is listed; of the others, lists know better what still exists."""
    services = {listing.service for listing in LISTINGS}
    for arn, (environment, why) in by_arn.items():
        _, _, service, _, _, resource = arn.split(":", 5)
        if service not in services:
            yield Found(service, resource, arn, environment.stack, why)


def as_json(leftovers: Leftovers) -> Mapping[str, Any]:
    """For programs."""
    return {
        "nothing": leftovers.nothing,
        "found": [vars(found) for found in leftovers.found],
        "could_not_look": [vars(problem) for problem in leftovers.not_looked],
    }
