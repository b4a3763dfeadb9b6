"""What a deployed stack has published for applications, in the parameters of the Systems Manager."""

from collections.abc import Mapping

from operations.aws import Aws, explained
from operations.errors import OperationError
from personalize_stack.config.words import allowed


def published(aws: Aws, stack: str) -> Mapping[str, str]:
    """Return all values by their paths below `/personalize/STACK/`: "campaigns/for-you/arn".

    Raises:
        OperationError: AWS refuses.
    """
    root = f"/personalize/{stack}/"
    with explained(f"what {stack} has published cannot be read"):
        pages = aws.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=root, Recursive=True)
        return {found["Name"].removeprefix(root): found["Value"] for page in pages for found in page["Parameters"]}


def serving(aws: Aws, stack: str) -> Mapping[str, str]:
    """Return the ARNs of what serves, by names as the configuration has them: "campaigns.for-you"."""
    return {
        f"{section}.{name}": value
        for section, name, value in (
            (*path.split("/")[:2], value)
            for path, value in published(aws, stack).items()
            if path.count("/") == 2 and path.endswith("/arn")
        )
        if section in ("campaigns", "recommenders")
    }


def chosen(serving: Mapping[str, str], name: str | None, stack: str) -> tuple[str, str]:
    """Return the full name and the ARN of one of what serves.

    Args:
        name: With or without its section; None for the only one there is.

    Raises:
        OperationError: There is no such one, or several.
    """
    found = {full: arn for full, arn in serving.items() if name in (None, full, full.split(".", 1)[1])}
    if len(found) == 1:
        return next(iter(found.items()))
    if not serving:
        raise OperationError(f"{stack} serves nothing; personalize deploy makes it")
    if name is None or found:
        raise OperationError(f"several may be meant; name one of {', '.join(sorted(found))}")
    raise OperationError(f"{stack} has no campaign or recommender {name!r}; {allowed(sorted(serving), name)}")
