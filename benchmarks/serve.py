"""How fast a running local cloud answers over HTTP, by the size of the catalogue, under load and while it trains.

    .venv/bin/python benchmarks/serve.py            # 3.7 thousand, 100 thousand and 1 million items
    .venv/bin/python benchmarks/serve.py --quick    # 3.7 thousand items

The campaigns are of aws-user-personalization with a hidden_dimension of 32, trained on generated interactions that are
imported from the local cloud's S3. Requests are signed. The baseline is the same server's health endpoint.
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from load import Load, drive, get, post
from recommenders import INTERACTIONS, ITEMS, Account, local_cloud, users_of, write_interactions, write_items
from rich.console import Console
from rich.table import Table

# Items, interactions, users. At a million items an update of the network costs the most, so there are few of them.
SIZES = ((3_700, 100_000, 1_000), (100_000, 1_000_000, 10_000), (1_000_000, 20_000, 200))
FILTERS = {
    "history": ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")', {}),
    "genre by placeholder": ("INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)", {"GENRE": '"g3","g4"'}),
    "year": ("INCLUDE ItemID WHERE Items.YEAR >= 1990", {}),
}
REQUESTS, EVENTS_AT_ONCE, SECONDS = 1000, 10, 5.0
RECIPE = "aws-user-personalization"


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers and events over HTTP.")
    parser.add_argument("--quick", action="store_true", help="the smallest catalogue only")
    sizes = SIZES[:1] if parser.parse_args().quick else SIZES
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    for items, rows, users in sizes:
        title = f"{items:,} items, {rows:,} interactions"
        table = Table("requests", "at once", "p50 ms", "p99 ms", "per second", "p50 to baseline", title=title)
        with local_cloud() as cloud:
            record = cloud.status()
            assert record is not None
            measure(Account(record.url), table, items, rows, users)
        console.print(table)
    console.print("targets: p99 of 10 ms at 3,700 items and 30 ms at 1 million; 400 answers/s by 8 at once at 3,700;")
    console.print(
        "2,000 events/s; while a training runs, at most three times the p99; filtered at most twice unfiltered"
    )
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")


def measure(account: Account, table: Table, items: int, rows: int, users: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log, catalogue = Path(folder) / "log.csv", Path(folder) / "items.csv"
        write_interactions(log, rows, users, items)
        write_items(catalogue, items)
        group = account.group("serving")
        account.dataset(group, "Interactions", INTERACTIONS, log)
        account.dataset(group, "Items", ITEMS, catalogue)
    solution = account.solution(group, RECIPE, algorithmHyperParameters={"hidden_dimension": "32"})
    campaign = account.campaign(account.trained(account.start_training(solution)))
    baseline = drive(account.url, [get(account.url, "/_ministack/health")], connections=1, seconds=SECONDS)

    def add(name: str, load: Load, at_once: int, worth: int = 1) -> None:
        p50, p99 = load.quantile(0.5), load.quantile(0.99)
        ratio = p50 / baseline.quantile(0.5)
        table.add_row(name, str(at_once), f"{p50:.2f}", f"{p99:.2f}", f"{worth * load.rate:,.0f}", f"{ratio:.1f}")

    def answers(**more: object) -> list[bytes]:
        body = {"campaignArn": campaign, **more}
        return [post(account.url, "/recommendations", body | {"userId": user}) for user in users_of(REQUESTS, users)]

    add("health (baseline)", baseline, 1)
    drive(account.url, answers()[:1], connections=1, seconds=0)  # loads the model
    for at_once in (1, 8, 64):
        load = drive(account.url, answers(), connections=at_once, seconds=SECONDS)
        add("GetRecommendations", load, at_once)
    for name, (expression, values) in FILTERS.items():
        filter_arn = account.filter(group, name.replace(" ", "-"), expression)
        requests = answers(filterArn=filter_arn, filterValues=values)
        drive(account.url, requests[:1], connections=1, seconds=0)  # makes the index
        add(f"filtered: {name}", drive(account.url, requests, connections=1, seconds=SECONDS), 1)
    tracker = account.tracker(group)
    for at_once in (1, 8):
        load = drive(account.url, events(account.url, tracker, users), connections=at_once, seconds=SECONDS)
        add("PutEvents, events", load, at_once, EVENTS_AT_ONCE)
    version = account.start_training(solution)
    load = drive(account.url, answers(), connections=1, seconds=SECONDS)
    add("GetRecommendations, training", load, 1)
    account.trained(version)


def events(url: str, tracker: str, users: int) -> list[bytes]:
    """Batches of events; none has an ID, so that each counts however often it is sent."""
    batch = [{"eventType": "watch", "itemId": f"i{n}", "sentAt": 1_700_000_000 + n} for n in range(EVENTS_AT_ONCE)]
    body = {"trackingId": tracker, "eventList": batch}
    return [post(url, "/events", body | {"userId": user, "sessionId": user}) for user in users_of(REQUESTS, users)]


if __name__ == "__main__":
    main()
