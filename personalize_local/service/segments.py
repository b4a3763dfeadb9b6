"""The users of a segment: those with the greatest affinity to an item, or to items with some attributes."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.engine import affinity
from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Log
from personalize_local.engine.similar_items import SimilarItems
from personalize_local.service import filtering
from personalize_local.service.errors import InvalidInput
from personalize_local.service.filters.expression import parse
from personalize_local.service.filters.tree import Subject
from personalize_local.service.kinds.datasets import interactions_of, records_of
from personalize_local.service.models import Items
from personalize_local.service.region import Region
from personalize_local.service.resource import Resource
from personalize_local.service.training_job import log_of
from personalize_local.service.trainings import folder_of_model

ATTRIBUTE_RECIPE = "aws-item-attribute-affinity"


class Audience:
    """The users of a dataset group, and what a solution version knows of their taste; read when first asked for."""

    def __init__(self, region: Region, job: Resource, version: Resource) -> None:
        group = version.members["datasetGroupArn"]
        with region.lock:
            interactions = interactions_of(region, group)
            records, users = records_of(region, group, "ITEMS"), records_of(region, group, "USERS")
        assert interactions is not None
        self._region, self._version = region, version
        self._interactions, self._records, self._user_records = interactions, records, users
        self._filter = {name: job.members[name] for name in ("filterArn",) if name in job.members}
        self.by_attribute = version.members["recipeArn"].endswith(ATTRIBUTE_RECIPE)
        self._size = job.members["numResults"]

    @cached_property
    def _model(self) -> SimilarItems:
        model = self._region.models.get(folder_of_model(self._region, self._version)).model
        assert isinstance(model, SimilarItems)
        return model

    @cached_property
    def _items(self) -> Items:
        return Items(self._model.item_ids, self._records)

    @cached_property
    def _users(self) -> tuple[NDArray[np.str_], Histories]:
        """The users and what they did, in the numbers of the model's items."""
        return np.unique(self._log.users.astype(str)), Histories.of(self._log).renumbered(self._model.item_ids)

    @cached_property
    def _log(self) -> Log:
        return log_of(self._interactions)

    @cached_property
    def _view(self) -> filtering.View:
        """What filters of users look at: the metadata of each and the types of events that each has."""
        user_ids = self._users[0].tolist()
        types = [None] * len(self._log) if self._log.event_types is None else self._log.event_types
        seen = sorted({(str(user), kind) for user, kind in zip(self._log.users, types, strict=True)}, key=str)
        return filtering.View(Items(user_ids, self._user_records), seen, {}, subject=Subject.USER)

    def segment(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a line of the job's input.

        Raises:
            InvalidInput: It lacks what the recipe needs, or the expression cannot be read.
        """
        field = "itemAttributes" if self.by_attribute else "itemId"
        if not question.get(field):
            raise InvalidInput(f"Required fields for the provided recipe are {field}")
        related = [self._model.related(item) for item in self._wanted(str(question[field]))]
        wanted = np.sum(related, axis=0) if related else np.zeros(len(self._model.item_ids), dtype=np.float32)
        user_ids, histories = self._users
        scores = affinity.affinities(wanted, histories)
        if self._filter:
            given = {name: question[name] for name in ("filterValues",) if name in question}
            group = self._version.members["datasetGroupArn"]
            scores = scores * filtering.allowed(self._region, group, self._filter | given, self._view)
        best = np.argsort(-scores, kind="stable")[: self._size]
        return {"usersList": [str(user_ids[user]) for user in best if scores[user] > 0]}

    def _wanted(self, text: str) -> list[str]:
        """The items that a line asks for."""
        if not self.by_attribute:
            return [text]
        chosen = parse(f"INCLUDE ItemID WHERE {text}").allowed(filtering.View(self._items, [], {}), {})
        return [self._items.item_ids[place] for place in np.flatnonzero(chosen).tolist()]
