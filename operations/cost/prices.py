"""The prices: a dated file that comes along, or one that takes its place."""

from datetime import date
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from operations.errors import OperationError


class Prices(BaseModel):
    """Prices in USD; prices.yaml says what each is for. None where no figure is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: date
    ingestion_gb: float | None
    training_hour: float | None
    tps_hour: float | None
    v2_training_1000_interactions: float | None
    v2_requests_1000: float | None
    recommender_hour_first_100000_users: float | None
    recommender_hour_further_100000_users: float | None
    recommender_free_requests_hour: int
    recommender_requests_1000: float | None
    v2_batch_1000: float | None
    batch_1000: float | None
    segment_1000: float | None
    key_month: float | None
    dashboard_month: float | None
    alarm_month: float | None
    metric_month: float | None
    metric_request_1000: float | None


def tps_hour(prices: Prices, *, is_v2: bool) -> float | None:
    """What a request a second costs for an hour in a campaign; None where it is not known."""
    if is_v2 and prices.v2_requests_1000 is not None:
        return prices.v2_requests_1000 * 3.6
    return prices.tps_hour


def load_prices(path: Path | None = None) -> Prices:
    """Load the prices.

    Args:
        path: Default: those that come along.

    Raises:
        OperationError: The file is missing or is no such file.
    """
    try:
        text = (path or resources.files("operations.cost") / "prices.yaml").read_text("utf-8")
        return Prices.model_validate(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OperationError(f"the prices in {path} cannot be read: {error}") from error
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, found['loc'])) or 'the file'}: {found['msg'].lower()}" for found in error.errors()
        )
        raise OperationError(f"the prices in {path} are not as they should be: {'; '.join(problems)}") from error
