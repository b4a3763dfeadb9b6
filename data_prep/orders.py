"""What is told to a preparation that runs as a job elsewhere, and what it tells when it fails."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from data_prep.errors import DataPrepError, UnusableDataError
from data_prep.spec import Datasets, DatasetSpec, fingerprint
from data_prep.trainings import Training, Wanted

FAILURE_FILE = "failure.json"


@dataclass(frozen=True)
class Order:
    """What to prepare; as for `prepare`.

    Attributes:
        before: the summary of the run before, which this one is compared with; None where there is none.
        store: the folder in S3 for the files with rows; None where they are to be with the others.
        incremental: the datasets of which only what is new since the last full output in the store is written.
    """

    datasets: Datasets
    domain: str | None = None
    trainings: Sequence[Training] = ()
    before: str | None = None
    store: str | None = None
    incremental: Sequence[str] = ()

    def dump(self) -> str:
        """The order as text."""
        trainings = [asdict(training) for training in self.trainings]
        told = {"datasets": fingerprint(self.datasets), "domain": self.domain, "trainings": trainings}
        return json.dumps(told | {"before": self.before, "store": self.store, "incremental": [*self.incremental]})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Restore what `dump` made."""
        told = json.loads(text)
        return cls(
            {name: DatasetSpec.model_validate(spec) for name, spec in told["datasets"].items()},
            told["domain"],
            [Training(one["place"], tuple(Wanted(**wanted) for wanted in one["events"])) for one in told["trainings"]],
            told["before"],
            told["store"],
            told["incremental"],
        )


def dump_failure(error: DataPrepError) -> str:
    """An error as text."""
    parts: Mapping[str, Sequence[str]] = {}
    if isinstance(error, UnusableDataError):
        parts = {"problems": error.problems, "examples": error.examples}
    return json.dumps({"text": str(error), **parts})


def parse_failure(text: str) -> DataPrepError:
    """Restore what `dump_failure` made."""
    told = json.loads(text)
    return UnusableDataError(told["problems"], told["examples"]) if "problems" in told else DataPrepError(told["text"])
