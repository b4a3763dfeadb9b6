"""The data that quality is measured on: the example's ratings, and generated ones, each with how it is asked about."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from generated.clicks import clicks
from generated.interests import interests
from generated.order import order
from generated.ratings import ratings
from protocols import Exam, cold, last_out, next_click, service

from personalize_local.engine.histories import Histories
from personalize_local.engine.log import Catalogue, Log

EXAMPLE = Path(__file__).parent.parent / "examples" / "movielens" / "data"


@dataclass(frozen=True)
class Dataset:
    """What is measured.

    Args:
        data: The same log for all seeds: a seed draws the split.
        contenders: The names of those who take part.
        passes: Over the data, the most that a network peer may make.
    """

    title: str
    data: Callable[[], tuple[Log, Catalogue | None]]
    exam: Callable[[Histories, int], Exam]
    contenders: tuple[str, ...]
    baseline: str
    metrics: tuple[str, ...]
    passes: float = 8
    hyperparameters: tuple[tuple[str, str], ...] = (("hidden_dimension", "64"),)

    def histories(self) -> Histories:
        """The whole log as the models read it, with what the items are."""
        return Histories.of(*self.data())


def example() -> tuple[Log, Catalogue]:
    """The ratings of examples/movielens, about 100,000, and its films."""
    with (EXAMPLE / "ratings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    log = Log(
        np.array([row["userId"] for row in rows], dtype=object),
        np.array([row["movieId"] for row in rows], dtype=object),
        np.array([int(row["timestamp"]) for row in rows], dtype=np.int64),
    )
    with (EXAMPLE / "movies.csv").open(encoding="utf-8", newline="") as file:
        films = list(csv.DictReader(file))
    years = [film["title"].strip()[-5:-1] for film in films]
    columns = {
        "GENRES": np.array([film["genres"] for film in films], dtype=object),
        "YEAR": np.array([int(year) if year.isdigit() else None for year in years], dtype=object),
    }
    return log, Catalogue(np.array([film["movieId"] for film in films], dtype=object), columns)


COUNTED = ("popularity", "item-kNN")
NETWORKS = ("GRU4Rec", "SASRec")
ALL = (*COUNTED, "ALS", "EASE", *NETWORKS, "hrnn")
FADED = "item-kNN, decay 0.9"
LISTS = ("NDCG@5", "NDCG@10", "NDCG@25", "P@10", "P@25", "MRR@25", "HR@10")
NEXT = ("HR@10", "NDCG@10", "R@20", "MRR@20")


def without_items(log: Log) -> tuple[Log, None]:
    """A log of which no catalogue is known."""
    return log, None


DATASETS = {
    "example": Dataset(
        "the example's ratings, the service's split", example, service, ALL, "EASE, decay 0.95", LISTS, passes=20
    ),
    "ratings": Dataset(
        "generated ratings, MovieLens-1M's size, the service's split", ratings, service, ALL, "EASE, decay 0.95", LISTS
    ),
    "ratings-last": Dataset(
        "the same, leave-last-out", ratings, partial(last_out, most=2_000), ALL, "EASE, decay 0.95", LISTS
    ),
    "ratings-cold": Dataset(
        "the same, a tenth of the items hidden, ranked among themselves by genres and year",
        ratings,
        cold,
        ("content", "hrnn-metadata", "hrnn-coldstart"),
        "content-kNN x predicted popularity",
        LISTS,
    ),
    "clicks": Dataset(
        "generated clicks of a shop, the next click of unknown visitors",
        lambda: without_items(clicks()),
        next_click,
        (*COUNTED, *NETWORKS, "hrnn"),  # a matrix of 43,000 items squared is beyond EASE
        FADED,
        NEXT,
    ),
    "interests": Dataset(
        "generated sessions of users with two interests, the next click within the last sessions",
        lambda: without_items(interests()),
        partial(next_click, share=0.1, since=8, within=True),
        (*COUNTED, "EASE", *NETWORKS, "hrnn", "hrnn without sessions"),
        "hrnn without sessions",
        NEXT,
    ),
    "order": Dataset(
        "generated sessions, each of which decides where the next one begins; all events of the last two",
        lambda: without_items(order()),
        partial(next_click, share=0.1, since=8),
        (*COUNTED, "EASE", *NETWORKS, "hrnn"),
        FADED,
        NEXT,
    ),
}
