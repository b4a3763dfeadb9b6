"""The recipes of recommenders: the use cases of each domain (developer guide, domain use cases)."""

from collections.abc import Mapping
from dataclasses import dataclass

from personalize_stack.config.recipes import names_of


@dataclass(frozen=True)
class UseCase:
    """A recipe of recommenders.

    Attributes:
        name: as in its ARN, `aws-vod-top-picks`.
        domain: the only domain of dataset groups that has it.
        event_type: the type of event that it needs 1,000 of; None where any type counts.
        needs: the datasets that it cannot train without.
        explores: whether it can be told how much to explore.
    """

    name: str
    domain: str
    event_type: str | None = None
    needs: tuple[str, ...] = ("interactions",)
    explores: bool = False

    @property
    def short_name(self) -> str:
        """The name without its prefix, `vod-top-picks`."""
        return self.name.removeprefix("aws-")


USE_CASES: Mapping[str, UseCase] = {
    use_case.name: use_case
    for use_case in (
        UseCase("aws-ecomm-popular-items-by-views", "ECOMMERCE", "View"),
        UseCase("aws-ecomm-popular-items-by-purchases", "ECOMMERCE", "Purchase"),
        UseCase("aws-ecomm-frequently-bought-together", "ECOMMERCE", "Purchase"),
        UseCase("aws-ecomm-customers-who-viewed-x-also-viewed", "ECOMMERCE", "View"),
        UseCase("aws-ecomm-recommended-for-you", "ECOMMERCE", explores=True),
        UseCase("aws-vod-because-you-watched-x", "VIDEO_ON_DEMAND", "Watch"),
        UseCase("aws-vod-more-like-x", "VIDEO_ON_DEMAND", needs=("interactions", "items")),
        UseCase("aws-vod-most-popular", "VIDEO_ON_DEMAND", "Watch"),
        UseCase("aws-vod-trending-now", "VIDEO_ON_DEMAND"),
        UseCase("aws-vod-top-picks", "VIDEO_ON_DEMAND", explores=True),
    )
}

USE_CASE_NAMES: Mapping[str, str] = names_of(USE_CASES)
