"""What the parameters of a deployed stack hold and held: ARNs, who serves, what was judged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from operations.aws import Aws, explained
from operations.published import published


@dataclass(frozen=True)
class Entry:
    """What a parameter held, and since when."""

    since: datetime
    value: Mapping[str, Any]


class Parameters:
    """The parameters of a stack, below `/personalize/STACK/`."""

    def __init__(self, aws: Aws, stack: str) -> None:
        self._ssm = aws.client("ssm")
        self._aws, self._stack = aws, stack
        self._root = f"/personalize/{stack}"

    def named(self, section: str, leaf: str = "arn") -> dict[str, str]:
        """What the parameters `SECTION/NAME/LEAF` hold, by name.

        Raises:
            OperationError: AWS refuses.
        """
        return {
            name: value
            for found, name, leaf_found, value in (
                (*path.split("/"), value)
                for path, value in sorted(published(self._aws, self._stack).items())
                if path.count("/") == 2
            )
            if (found, leaf_found) == (section, leaf)
        }

    def history(self, path: str) -> list[Entry]:
        """What a parameter held (Systems Manager keeps the last hundred), oldest first; nothing if there is none.

        Raises:
            OperationError: AWS refuses.
        """
        with explained(f"the history of {self._root}/{path} cannot be read"):
            pages = self._ssm.get_paginator("get_parameter_history").paginate(Name=f"{self._root}/{path}")
            try:
                found = list(pages.search("Parameters[]"))
            except ClientError as error:
                if error.response["Error"]["Code"] == "ParameterNotFound":
                    return []
                raise
        found.sort(key=lambda parameter: int(parameter["Version"]))
        return [Entry(parameter["LastModifiedDate"], json.loads(parameter["Value"])) for parameter in found]

    def put(self, path: str, value: Mapping[str, Any]) -> None:
        """Let a parameter hold another value.

        Raises:
            OperationError: AWS refuses.
        """
        with explained(f"{self._root}/{path} cannot be written"):
            self._ssm.put_parameter(Name=f"{self._root}/{path}", Value=json.dumps(value), Type="String", Overwrite=True)
