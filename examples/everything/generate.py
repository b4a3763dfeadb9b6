"""Make the data of this example: a shop and a video library, small and the same each time.

.venv/bin/python examples/everything/generate.py
"""

import csv
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

START = 1_700_000_000  # seconds since 1970
DAY = 86_400
KINDS = ("tea", "coffee", "cups", "books")
PLANS = ("basic", "plus")
GENRES = ("Drama", "Comedy", "War", "Nature")
ACTIONS = ("join-club", "rate-us", "get-app", "refer-friend")
PEOPLE = 60
THINGS = 80
STEPS = 40  # what each person does


def main(folder: Path = Path(__file__).parent / "data") -> None:
    """Write all files into a folder."""
    folder.mkdir(exist_ok=True)
    chance = random.Random(1)  # the same each time
    _shop(folder, chance)
    _library(folder, chance)


def _shop(folder: Path, chance: random.Random) -> None:
    products = [
        (f"p{n}", f"{KINDS[n % 4]} {n}", f"A {KINDS[n % 4]} of the {n % 7}th kind", KINDS[n % 4], 3 + n % 20)
        for n in range(THINGS)
    ]
    _table(folder / "products.csv", ("id", "name", "about", "kind", "price"), products)
    customers = [(f"c{n}", PLANS[n % 2], 18 + n) for n in range(PEOPLE)]
    _table(folder / "customers.csv", ("id", "plan", "age"), customers)
    log = [
        (f"c{person}", f"p{thing}", at, "Purchase" if step % 2 == 0 else "View", 3 + thing % 20)
        for person, step, thing, at in _steps(chance)
    ]
    _table(folder / "interactions.csv", ("customer", "product", "at", "kind", "price"), log)
    _table(
        folder / "actions.csv",
        ("id", "kind", "worth", "days"),
        [(action, ("club", "app")[n % 2], 2 * n + 1, 7) for n, action in enumerate(ACTIONS)],
    )
    outcomes = ("Taken", "Not Taken", "Viewed")
    deeds = [
        (f"c{n % PEOPLE}", ACTIONS[n % 4], outcomes[(n // 4 + n % PEOPLE) % 3], START + 600 * n) for n in range(600)
    ]
    _table(folder / "deeds.csv", ("customer", "action", "what", "at"), deeds)
    _requests(folder / "some-customers.jsonl", ({"userId": f"c{n}"} for n in range(10)))
    _requests(folder / "some-products.jsonl", ({"itemId": f"p{n}"} for n in range(10)))
    _table(folder / "forgotten.csv", ("USER_ID",), [("c58",), ("c59",)])


def _library(folder: Path, chance: random.Random) -> None:
    films = [(f"f{n}", f"{GENRES[n % 4]}|{GENRES[(n + n // 4) % 4]}", START - n * DAY) for n in range(THINGS)]
    _table(folder / "films.csv", ("id", "genres", "added"), films)
    _table(folder / "viewers.csv", ("id", "plan"), [(f"v{n}", PLANS[n % 2]) for n in range(PEOPLE)])
    watched = [
        (f"v{person}", f"f{thing}", at, "Click" if step % 4 == 0 else "Watch")
        for person, step, thing, at in _steps(chance)
    ]
    _table(folder / "watched.csv", ("viewer", "film", "at", "what"), watched)


def _steps(chance: random.Random) -> Iterable[tuple[int, int, int, int]]:
    """Person, number of the step, thing and time: everybody prefers one kind of thing, and low numbers of it."""
    for person in range(PEOPLE):
        for step in range(STEPS):
            kind = person % 4 if chance.random() < 0.7 else chance.randrange(4)
            thing = 4 * min(chance.randrange(THINGS // 4), chance.randrange(THINGS // 4)) + kind
            yield person, step, thing, START + step * DAY + person * 60


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _requests(path: Path, requests: Iterable[dict[str, str]]) -> None:
    path.write_text("".join(f"{json.dumps(request)}\n" for request in requests), encoding="utf-8")


if __name__ == "__main__":
    main()
