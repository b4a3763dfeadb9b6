"""Who serves in a campaign, who served before, and letting another version take over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from custom_resources.api import Api, Description
from custom_resources.kinds import KINDS
from operations.aws import Aws, explained
from operations.clock import Clock
from operations.errors import OperationError
from operations.parameters import Entry, Parameters

SECONDS_BETWEEN_LOOKS = 5
ROLLBACK = "rollback"


@dataclass(frozen=True)
class Served:
    """A version that took over.

    Args:
        by: Who let it: "deploy", "retraining", "promote" or "rollback".
    """

    version: str
    by: str
    since: datetime


def served(entries: Sequence[Entry]) -> list[Served]:
    """Read the history of a campaign's parameter."""
    return [Served(entry.value["version"], entry.value["by"], entry.since) for entry in entries]


def before(history: Sequence[Served], current: str) -> str | None:
    """The version that served before the current one; None if none is known.

    A rollback takes back what came after the version that it leads to, so that the next one leads further back.
    """
    line: list[str] = []
    for entry in history:
        if entry.by == ROLLBACK and entry.version in line:
            del line[line.index(entry.version) + 1 :]
        elif entry.version not in line[-1:]:
            line.append(entry.version)
    if current not in line:  # somebody let it serve who told nobody
        return line[-1] if line else None
    earlier = line[: len(line) - 1 - line[::-1].index(current)]
    return earlier[-1] if earlier else None


class Campaign:
    """A deployed campaign.

    Args:
        name: Its name in the configuration.
    """

    def __init__(self, aws: Aws, parameters: Parameters, name: str, arn: str) -> None:
        self.name, self.arn = name, arn
        self._personalize = aws.client("personalize")
        self._parameters = parameters

    @staticmethod
    def all_of(aws: Aws, stack: str) -> "dict[str, Campaign]":
        """The campaigns of a stack, by name."""
        parameters = Parameters(aws, stack)
        return {name: Campaign(aws, parameters, name, arn) for name, arn in parameters.named("campaigns").items()}

    @staticmethod
    def of(aws: Aws, stack: str, name: str | None) -> "Campaign":
        """The campaign of a name, or the only one there is.

        Raises:
            OperationError: There is none, or which one is meant has to be said.
        """
        found = Campaign.all_of(aws, stack)
        if not found:
            raise OperationError(f"no campaign of {stack} is in {aws.place}; personalize deploy makes them")
        if name is None and len(found) > 1:
            raise OperationError(f"{stack} has several campaigns; name one with --campaign: {', '.join(found)}")
        if name is not None and name not in found:
            raise OperationError(f"{stack} has no campaign {name!r}; it has {', '.join(found)}")
        return found[name or next(iter(found))]

    @cached_property
    def history(self) -> list[Served]:
        """What is known of who served, oldest first."""
        return served(self._parameters.history(f"campaigns/{self.name}/serving"))

    def look(self) -> Description:
        """Describe it.

        Raises:
            OperationError: It is not there, or AWS refuses.
        """
        found = self.find()
        if found is None:
            raise OperationError(f"{self.arn} is not there; if it is paused: personalize scale resume {self.name}")
        return found

    def find(self) -> Description | None:
        """Describe it; None while it is paused, or if somebody has deleted it.

        Raises:
            OperationError: AWS refuses.
        """
        with explained(f"{self.arn} cannot be looked at"):
            return Api(KINDS["Campaign"], self._personalize).describe(self.arn)

    def version(self, wanted: str) -> str:
        """The ARN of a version: "latest", the end of an ARN, or a whole one.

        Raises:
            OperationError: There is none such, or it is not trained.
        """
        solution = self.look().values["solutionVersionArn"].rpartition("/")[0]
        if wanted == "latest":
            trained = [version for version in versions(self._personalize, solution) if version["status"] == "ACTIVE"]
            if not trained:
                raise OperationError(f"{solution} has no trained version")
            return str(trained[-1]["solutionVersionArn"])
        arn = wanted if wanted.startswith("arn:") else f"{solution}/{wanted}"
        with explained(f"{arn} cannot be looked at"):
            found = Api(KINDS["SolutionVersion"], self._personalize).describe(arn)
        if found is None:
            raise OperationError(f"there is no version {arn}; personalize metrics lists them")
        if found.status != "ACTIVE":
            reason = f" ({found.failure_reason})" if found.failed else ""
            raise OperationError(f"{arn} is {found.status}{reason}; only a trained version can serve")
        return arn

    def serve(self, version: str, by: str, clock: Clock) -> str:
        """Let a version take over, wait until it serves, and return which served before.

        Raises:
            OperationError: It does not take over; what served goes on to serve.
        """
        found = self.at_rest(clock)
        current = str(found.values["solutionVersionArn"])
        if found.values.get("campaignConfig", {}).get("syncWithLatestSolutionVersion"):
            raise OperationError(
                f"the campaign {self.name} follows the latest version (follow_latest): the service decides who serves"
            )
        if version == current:
            return current
        with explained(f"{self.arn} goes on with {current}"):
            self._personalize.update_campaign(campaignArn=self.arn, solutionVersionArn=version)
        found = self.at_rest(clock)
        if found.values["solutionVersionArn"] != version:
            raise OperationError(
                f"{self.arn} goes on with {current}; {version} does not take over: {found.failure_reason}"
            )
        self._parameters.put(f"campaigns/{self.name}/serving", {"version": version, "by": by})
        return current

    def at_rest(self, clock: Clock) -> Description:
        """Wait until nothing about it is changing, and describe it.

        Raises:
            OperationError: It is not there, or AWS refuses.
        """
        while (found := self.look()).is_busy:
            clock.sleep(SECONDS_BETWEEN_LOOKS)
        return found


def versions(personalize: Any, solution: str) -> list[Mapping[str, Any]]:
    """The summaries of a solution's versions, oldest first.

    Raises:
        OperationError: AWS refuses.
    """
    with explained(f"the versions of {solution} cannot be listed"):
        kind = KINDS["SolutionVersion"]
        found = list(Api(kind, personalize).list(kind, solution))
    return sorted(found, key=lambda version: version["creationDateTime"])
