"""What every trained recipe offers."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

from personalize_local.engine.item_ids import ItemIds
from personalize_local.engine.log import Event, Floats, Profile, User
from personalize_local.engine.preference import Preference, Scored


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


class Model(Protocol):
    """A trained recipe: a ranker that can be served."""

    item_ids: ItemIds
    gives_scores: ClassVar[bool]

    def scores(self, history: Sequence[Event], now: float, profile: Profile | None = None) -> Floats:
        """See `Ranker`."""

    def preferences(self, users: Sequence[User], now: float) -> list[Preference]:
        """The preferences of several users, for answers to take as much of as they need."""
        return [Scored(partial(self.scores, user.history, now, user.profile)) for user in users]

    def save(self, folder: Path) -> None:
        """Write the model to a folder, which is replaced as a whole."""
