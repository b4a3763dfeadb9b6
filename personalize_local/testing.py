"""For the tests of programs that use Amazon Personalize: a mock that imports, trains and answers for real."""

from collections.abc import Callable
from typing import Any

from moto import mock_aws

from personalize_local.adapters import moto as adapter


def mock_personalize(func: Callable[..., Any] | None = None, config: Any = None) -> Any:
    """moto's `mock_aws` with Personalize, its runtime and its events simulated: a decorator or a context manager.

    ```python
    @mock_personalize
    def test_a_dataset_group_is_created():
        boto3.client("personalize", "us-east-1").create_dataset_group(name="films")
    ```
    """
    adapter.install()
    return mock_aws(func, config)
