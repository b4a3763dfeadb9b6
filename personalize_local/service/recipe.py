"""What a recipe is, and what follows from its name."""

from dataclasses import dataclass, field
from enum import StrEnum

from personalize_local.engine import parameters
from personalize_local.engine.parameters import Parameters

PREFIX = "arn:aws:personalize:::"


class RecipeType(StrEnum):
    """What a recipe is for, which says what a request to its campaigns must hold."""

    USER_PERSONALIZATION = "USER_PERSONALIZATION"
    PERSONALIZED_RANKING = "PERSONALIZED_RANKING"
    POPULAR_ITEMS = "POPULAR_ITEMS"
    RELATED_ITEMS = "RELATED_ITEMS"
    PERSONALIZED_ACTIONS = "PERSONALIZED_ACTIONS"
    USER_SEGMENTATION = "USER_SEGMENTATION"


@dataclass(frozen=True)
class Recipe:
    """One recipe, with its algorithm and its feature transformation.

    Args:
        trained_as: The recipe of the engine that trains it.
        explores: Whether campaigns and recommenders take an itemExplorationConfig.
        domain: For recipes of recommenders, the use cases; the other members are theirs alone.
        learns_from: The only type of events to learn from. Default: all.
        leaves_out: The type of the user's events whose items answers leave out. Default: nothing is left out.
        asks_user: Whether a request must name the user though the recipe's type does not ask for one.
        needs: The types of the datasets that there must be to train.
    """

    name: str
    type: RecipeType
    description: str
    trained_as: str = field(kw_only=True)
    explores: bool = False
    domain: str | None = None
    learns_from: str | None = None
    leaves_out: str | None = None
    asks_user: bool = False
    needs: tuple[str, ...] = ("INTERACTIONS",)

    @property
    def parameters(self) -> Parameters:
        """What a solution may choose."""
        return parameters.of(self.name)

    @property
    def weighs_events(self) -> bool:
        """Whether solutions take an eventsConfig, in place of an event type and a threshold."""
        return self.name.endswith("-v2")

    @property
    def gives_reasons(self) -> bool:
        """Whether answers tell why an item is in the list, where it is not its score."""
        return self.name == "aws-user-personalization-v2"

    @property
    def has_objective(self) -> bool:
        """Whether solutions take an optimizationObjective."""
        return self.name in {"aws-user-personalization", "aws-personalized-ranking"}

    @property
    def has_updates(self) -> bool:
        """Whether versions may be trained in the mode UPDATE."""
        return self.name == "aws-user-personalization"

    @property
    def reads_texts(self) -> bool:
        """Whether it compares items by their texts: then there are incremental updates and a ranking influence."""
        return self.name == "aws-semantic-similarity"

    @property
    def arn(self) -> str:
        """Its ARN, the same in every region and account."""
        return f"{PREFIX}recipe/{self.name}"

    @property
    def algorithm_arn(self) -> str:
        """The ARN of its algorithm."""
        return f"{PREFIX}algorithm/{self.name}"

    @property
    def feature_transformation_arn(self) -> str:
        """The ARN of its feature transformation."""
        return f"{PREFIX}feature-transformation/{self.name}"
