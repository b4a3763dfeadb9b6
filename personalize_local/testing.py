"""For the tests of programs that use Amazon Personalize: a mock that imports, trains and answers for real."""

from collections.abc import Callable
from typing import Any

from moto import mock_aws

from personalize_local.adapters import moto as adapter
from personalize_local.environment import ACCOUNT, REGION
from personalize_local.service.faults import Faults
from personalize_local.service.quotas import Quotas
from personalize_local.service.service import Service


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


def faults(region: str = REGION, account: str = ACCOUNT) -> Faults:
    """What goes wrong on purpose in the mocked service, until the mock ends.

    ```python
    faults().add("CreateSolutionVersion", "fail", reason="no capacity", times=1)
    faults().add("*", "throttle", rate=0.1, seed=7)
    ```
    """
    return _service(account, region).faults


def set_quotas(region: str = REGION, account: str = ACCOUNT, **quotas: int) -> None:
    """Set quotas of the mocked service, until the mock ends; the others are the usual ones again.

    ```python
    set_quotas(campaigns=0)  # the next CreateCampaign gets a LimitExceededException
    ```

    Args:
        quotas: By their names in `Quotas`.
    """
    _service(account, region).quotas = Quotas(**quotas)


def _service(account: str, region: str) -> Service:
    service: Service = adapter.BACKENDS[account][region].service
    return service
