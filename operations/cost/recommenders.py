"""What a domain recommender is billed for an hour: its users, and the requests above those that come with them."""

from collections.abc import Iterable

from operations.cost.prices import Prices

USERS = 100_000
"""The unit by which users are billed."""


def billed(prices: Prices, users: int, rates: Iterable[float]) -> float | None:
    """The amount in USD; None where no price is known.

    Args:
        users: In the recommender's data.
        rates: For each hour, the larger of the minimum and the use, in requests a second; 0 while it is stopped.
    """
    first, further, request = (
        prices.recommender_hour_first_100000_users,
        prices.recommender_hour_further_100000_users,
        prices.recommender_requests_1000,
    )
    if first is None or further is None or request is None:
        return None
    base = first + further * max(0, -(-users // USERS) - 1)
    free = prices.recommender_free_requests_hour
    return sum(base + max(0.0, rate * 3600 - free) / 1000 * request for rate in rates if rate)
