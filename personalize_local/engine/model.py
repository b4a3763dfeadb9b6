"""What every trained recipe offers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from personalize_local.engine.log import Event, Floats, Profile


class Ranker(Protocol):
    """What can put items in an order for a user."""

    @property
    def item_ids(self) -> Sequence[str]:
        """The N items it can recommend."""

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """One user's preference for each item, higher is better, shape (N,).

        Args:
            history: In any order. Items that the model does not know are ignored; without any it knows, popular items
                lead.
            now: When the user asks, in seconds since 1970.
            profile: What is known of the user, by column of the Users dataset; many models do not read it.
        """


class Model(Ranker, Protocol):
    """A trained recipe."""

    @property
    def gives_scores(self) -> bool:
        """Whether the service shows scores for this recipe."""

    def save(self, folder: Path) -> None:
        """Write the model to a folder, which is replaced as a whole."""
