"""What an application does with the deployed recommender: ask it, and tell it what users do.

    python examples/movielens/recommend.py 42         # history and recommendations of user 42

It finds the campaigns in the stack's outputs, so the same file works on AWS and on the local cloud.
"""

import csv
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import boto3

DATA = Path(__file__).parent / "data"


class Movies:
    """The titles and genres of the example, and what its users have rated."""

    def __init__(self) -> None:
        with (DATA / "movies.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.titles = {row["movieId"]: row["title"] for row in rows}
        self.genres = {row["movieId"]: row["genres"].split("|") for row in rows}

    def best_known(self, genre: str) -> list[str]:
        """Return the ids of a genre's movies, those with the most ratings first."""
        ratings = Counter(movie for rated in self.histories.values() for movie in rated)
        return sorted((movie for movie, genres in self.genres.items() if genre in genres), key=lambda m: -ratings[m])

    @cached_property
    def histories(self) -> dict[str, list[str]]:
        """Return the movie ids that each user rated, in the order of rating."""
        events: dict[str, list[tuple[int, str]]] = defaultdict(list)
        with (DATA / "ratings.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                events[row["userId"]].append((int(row["timestamp"]), row["movieId"]))
        return {
            user: [movie for _, movie in sorted(rated, key=lambda event: event[0])] for user, rated in events.items()
        }


class Recommender:
    """The deployed stack, as an application sees it."""

    def __init__(self, stack_name: str) -> None:
        stack = boto3.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self._runtime = boto3.client("personalize-runtime")
        self._events = boto3.client("personalize-events")

    def recommend(self, campaign: str, user_id: str, count: int = 5) -> list[str]:
        """Return the ids of movies that the user has not seen, best first."""
        answer = self._runtime.get_recommendations(
            campaignArn=self.outputs[f"Campaign{campaign.title()}Arn"],
            userId=user_id,
            numResults=count,
            filterArn=self.outputs["FilterUnseenArn"],
        )
        return [item["itemId"] for item in answer["itemList"]]

    def watched(self, user_id: str, movie_ids: Sequence[str]) -> None:
        """Tell the service that the user has just rated these movies."""
        now = time.time()
        self._events.put_events(
            trackingId=self.outputs["TrackingId"],
            userId=user_id,
            sessionId=str(uuid.uuid4()),
            eventList=[
                {
                    "eventType": "rating",
                    "itemId": movie_id,
                    "eventValue": 5.0,
                    "sentAt": now - len(movie_ids) + position,
                }
                for position, movie_id in enumerate(movie_ids)
            ],
        )


def main(arguments: Sequence[str]) -> int:
    """Print what a user rated last and what is recommended to them."""
    if len(arguments) != 1:
        print("usage: recommend.py USER", file=sys.stderr)
        return 2
    (user,) = arguments
    movies, recommender = Movies(), Recommender("movielens-dev")
    print("rated last:", *(f"  {movies.titles[movie]}" for movie in movies.histories.get(user, [])[-5:]), sep="\n")
    for campaign in ("hrnn", "popular"):
        print(
            f"{campaign}:", *(f"  {movies.titles[movie]}" for movie in recommender.recommend(campaign, user)), sep="\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
