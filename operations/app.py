"""The CDK app on one environment of a configuration."""

import os
from collections.abc import Callable
from pathlib import Path

from operations.aws import Aws
from operations.cdk import Cdk
from operations.errors import OperationError

LOGS = Path(".personalize/logs")


def app_folder(file: Path) -> Path:
    """The folder of the CDK app: here or above, or that of the configuration or above.

    Raises:
        OperationError: There is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, *file.resolve().parents):
        if (folder / "cdk.json").exists():
            return folder
    raise OperationError(
        f"there is no cdk.json in {here} or above it, nor in the folder of {file}; run it in the CDK app's folder"
    )


def cdk(
    file: Path, environment: str, aws: Aws, log: str, progress: Callable[[str], None], *, preparation: bool = False
) -> Cdk:
    """The CDK command line on an environment.

    Args:
        file: The configuration.
        log: The name of its log.
        preparation: Whether it is about the stack that prepares the data, and not about the recommender's.
    """
    folder = app_folder(file)
    return Cdk(
        folder,
        (LOGS / f"{log}.log").absolute(),
        environment={**os.environ, "AWS_REGION": aws.region, "AWS_DEFAULT_REGION": aws.region},
        context={"config": str(file.resolve()), "env": environment} | ({"preparation": "true"} if preparation else {}),
        progress=progress,
        output=folder / "build" / log,  # its own: environments may be deployed and destroyed side by side
    )
