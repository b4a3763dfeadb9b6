"""The figures of a preparation equal what a plain count says; what is odd is found, and what is not odd is not."""

import json
import os
import random
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from data_prep.errors import UnusableDataError
from data_prep.prepare import prepare
from data_prep.spec import DatasetSpec
from data_prep.summary.model import Summary
from data_prep.summary.spread import MAX_PERIODS, period_seconds, popularity, spread
from data_prep.trainings import Training, Wanted

DAY = 86400
START = 19_000 * DAY  # a Saturday in January 2022
NOW = START + 1000 * DAY


class Shop:
    """A log of a shop over 300 days, to which a test does something odd."""

    def __init__(self, root):
        self.root = root
        rng = random.Random(5)
        self.rows = [
            (f"u{rng.randrange(400)}", f"i{int(60 * rng.random() ** 2)}", START + rng.randrange(300 * DAY), kind, value)
            for kind, value in rng.choices([("view", 1.0), ("buy", 20.0)], (3, 1), k=6000)
        ]
        self.items = None

    def prepared(self, **options):
        """Prepare; gives the summary."""
        lines = [",".join(map(str, row)) for row in self.rows]
        (self.root / "log.csv").write_text("\n".join(["user,item,when,kind,value", *lines, ""]))
        datasets = {
            "interactions": DatasetSpec.model_validate(
                {
                    "source": "log.csv",
                    "columns": {
                        "USER_ID": "user",
                        "ITEM_ID": "item",
                        "TIMESTAMP": "when",
                        "EVENT_TYPE": "kind",
                        "EVENT_VALUE": "value",
                    },
                }
            )
        }
        if self.items:
            names = list(self.items[0])
            body = [",".join(str(item[name]) for name in names) for item in self.items]
            (self.root / "items.csv").write_text("\n".join([",".join(names), *body, ""]))
            os.utime(self.root / "items.csv", (NOW, NOW))
            columns = {name: {"column": name, **_type(name)} for name in names}
            datasets["items"] = DatasetSpec.model_validate({"source": "items.csv", "columns": columns})
        prepare(datasets, self.root, self.root / "out", now=NOW, **options)
        return Summary.read(self.root / "out")


def _type(name):
    if name in ("ITEM_ID", "CREATION_TIMESTAMP"):
        return {}
    return {"type": "float"} if name != "KIND" else {"categorical": True}


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def found(summary):
    return {finding.check: finding for finding in summary.findings}


def test_a_sensible_log_has_no_findings_and_its_figures_are_those_of_a_plain_count(shop):
    trainings = [Training("solutions.x", (Wanted("BUY", 5.0), Wanted("view", 99.0)))]

    summary = shop.prepared(trainings=trainings)

    rows = list({row[:4]: row for row in reversed(shop.rows)}.values())
    log = summary.datasets["interactions"].log
    per_user, per_item = (Counter(row[place] for row in rows) for place in (0, 1))
    assert [finding.check for finding in summary.findings] == ["training_thin"]
    assert (log.interactions, log.users, log.items) == (len(rows), len(per_user), len(per_item))
    assert log.event_types == Counter(row[3] for row in rows)
    assert (log.first, log.last) == (min(row[2] for row in rows), max(row[2] for row in rows))
    assert sum(sum(period.kept.values()) for period in log.periods) == len(rows)
    assert log.histories == spread(Counter(per_user.values()))
    assert log.per_item == spread(Counter(per_item.values()))
    assert log.popularity.top == tuple(sorted(per_item.items(), key=lambda one: (-one[1], one[0]))[:8])
    buys = Counter(row[0] for row in rows if row[3] == "buy")
    assert (log.trainings[0].interactions, log.trainings[0].users) == (buys.total(), len(buys))
    assert log.trainings[0].users_with_two == sum(count >= 2 for count in buys.values())
    times = defaultdict(list)
    for row in rows:
        times[row[0]].append(row[2])
    steps = [b - a for some in map(sorted, times.values()) for a, b in pairwise(some)]
    assert log.sessions.sessions == len(per_user) + sum(step > 1800 for step in steps)
    since = log.novelty.since
    assert log.novelty.interactions == sum(row[2] >= since for row in rows) >= 0.1 * len(rows)
    assert log.novelty.new_users == sum(min(some) >= since for some in times.values())


def test_times_of_before_there_was_anything_to_click_on_are_told_with_their_rows(shop):
    shop.rows += [("u1", "i1", 7, "view", 1.0), ("u2", "i1", 9, "view", 1.0)]

    early = found(shop.prepared())["early"]

    assert early.text.startswith(
        "2 rows have a TIMESTAMP before 1990-01-01, from 1970-01-01 00:00 on; correct the unit"
    )
    assert [row.line for row in early.evidence] == [6002, 6003]


@pytest.mark.parametrize("last", [0, 3600, 90 * DAY, 120 * 364 * DAY, 2**63 // 1000])
def test_no_time_is_so_long_that_there_are_many_periods(last):
    assert last // period_seconds(0, last) < MAX_PERIODS


def test_inequality_is_measured_as_it_is_defined():
    alike, unlike = popularity({5: 100}, []), popularity({1: 99, 901: 1}, [])

    assert (alike.gini, alike.top_percent) == (0, pytest.approx(0.01))
    assert unlike.gini == pytest.approx(1 - 2 * (0.99 * 0.099 / 2 + 0.01 * (0.099 + 1) / 2), abs=1e-4)
    assert unlike.top_percent == pytest.approx(0.901, abs=1e-4)
    assert unlike.lorenz[0] == (0, 0)
    assert unlike.lorenz[-1] == (1, 1)
    assert [(one.low, one.high, one.count) for one in spread({1: 3, 2: 1, 4: 2, 9: 1}).bins] == [
        (1, 1, 3),
        (2, 2, 1),
        (3, 4, 2),
        (5, 8, 0),
        (9, 16, 1),
    ]


def repeat_a_week(shop):
    shop.rows += [row for row in shop.rows if START + 100 * DAY <= row[2] < START + 107 * DAY]


def lose_a_month(shop):
    shop.rows = [row for row in shop.rows if not START + 100 * DAY <= row[2] < START + 130 * DAY]


def log_only_days(shop):
    shop.rows = [(user, item, when // DAY * DAY, *more) for user, item, when, *more in shop.rows]


def log_carts_at_once(shop):
    shop.rows += [(user, "i99", *more) for user, _, *more in shop.rows[::3]]


def let_a_robot_in(shop):
    shop.rows += [("robot", f"i{n % 60}", START + 90_001 * n % (300 * DAY), "view", 1.0) for n in range(1000)]


def renew_the_catalogue(shop):
    shop.rows = [
        (user, f"new-{item}" if when > START + 260 * DAY else item, when, *more)
        for user, item, when, *more in shop.rows
    ]


@pytest.mark.parametrize(
    ("change", "check", "text"),
    [
        (repeat_a_week, "repeated_at_once", "37 % of the rows are repetitions, against 2.4 % over all"),
        (lose_a_month, "gap", "there are no interactions from 2022-04-"),
        (log_only_days, "days_only", "100 % of the times are whole days"),
        (log_carts_at_once, "same_second", "of the steps from one interaction of a user to the next take no second"),
        (let_a_robot_in, "one_user", "one user has 14 % of all interactions (1,000)"),
        (renew_the_catalogue, "new_items", "of the interactions since 2022-"),
    ],
)
def test_what_is_odd_in_a_log_is_found_alone(shop, change, check, text):
    change(shop)

    summary = shop.prepared()

    assert found(summary).keys() == {check}
    assert text in found(summary)[check].text
    for row in found(summary)[check].evidence:
        assert row.row == (shop.root / row.file).read_text().split("\n")[row.line - 1]
    assert bool(found(summary)[check].evidence) == (check in ("repeated_at_once", "same_second", "one_user"))


def catalogue(shop, **more):
    """Items with what a test adds, given as a function of the item's number and of its interactions."""
    counts = Counter(row[1] for row in shop.rows)
    return [
        {"ITEM_ID": f"i{n}", "KIND": "ab"[n % 2], **{name: make(n, counts[f"i{n}"]) for name, make in more.items()}}
        for n in range(60)
    ]


@pytest.mark.parametrize(
    ("more", "check", "text"),
    [
        ({"SOLD": lambda n, count: count * 3 + 5}, "outcome_in_metadata", "SOLD follows the number of interactions"),
        (
            {"CREATION_TIMESTAMP": lambda n, count: START - DAY if n % 3 else START + 200 * DAY},
            "met_before_creation",
            "20 of 60 rows (33 %) have interactions before their CREATION_TIMESTAMP",
        ),
        ({"SAME": lambda n, count: 7}, "constant_column", "SAME is the same wherever it has a value"),
    ],
)
def test_metadata_that_knows_the_future_or_nothing_is_found(shop, more, check, text):
    shop.items = catalogue(shop, **more)

    summary = shop.prepared()

    assert found(summary).keys() == {check}
    assert found(summary)[check].text.startswith(text)


def test_metadata_that_is_older_than_the_log_or_lacks_items_is_found(shop):
    shop.items = catalogue(shop, PRICE=lambda n, count: n * 7 % 11)
    assert shop.prepared().findings == ()
    shop.items = shop.items[10:]
    os.utime(shop.root / "items.csv", (START, START))
    text = (shop.root / "items.csv").read_text().split("\n")
    (shop.root / "items.csv").write_text("\n".join(text[:1] + text[11:]))
    os.utime(shop.root / "items.csv", (START, START))
    columns = {"ITEM_ID": "ITEM_ID", "KIND": {"column": "KIND", "categorical": True}}
    items = DatasetSpec.model_validate({"source": "items.csv", "columns": columns})
    log = DatasetSpec.model_validate(
        {"source": "log.csv", "columns": {"USER_ID": "user", "ITEM_ID": "item", "TIMESTAMP": "when"}}
    )

    prepare({"items": items, "interactions": log}, shop.root, shop.root / "other", now=NOW)

    summary = Summary.read(shop.root / "other")
    assert list(summary.datasets) == ["items", "interactions"]
    assert found(summary).keys() == {"unknown_ids", "stale_metadata"}
    assert found(summary)["unknown_ids"].text.startswith("10 of the 60 items in the interactions are not here, with 4")
    coverage = summary.datasets["items"].coverage
    assert (coverage.ids, coverage.known, coverage.unused) == (60, 50, 0)


def test_times_in_the_future_and_trainings_without_enough_fail_the_preparation_with_what_to_do(shop):
    shop.rows.append(("u1", "i1", NOW + 40 * DAY, "view", 1.0))

    with pytest.raises(UnusableDataError) as raised:
        shop.prepared(trainings=[Training("recommenders.buy.recipe", (Wanted("Purchase"),))])

    assert not (shop.root / "out" / "manifest.json").exists()
    future, training = raised.value.problems
    assert future.startswith("datasets.interactions: 1 rows have a TIMESTAMP in the future, up to 2024-")
    assert "declare `max: 2024-10-04` for it" in future
    assert future.endswith(f"\n    log.csv:6002: u1,i1,{NOW + 40 * DAY},view,1.0")
    assert training.startswith("datasets.interactions: recommenders.buy.recipe learns from Purchase: 0 of 6,0")


def test_a_run_is_compared_with_the_last_one_that_had_other_data(shop):
    shop.prepared()
    first = (shop.root / "out" / "report.json").read_bytes()
    shop.prepared()
    assert (shop.root / "out" / "report.json").read_bytes() == first
    assert json.loads(first)["before"] is None
    shop.rows = shop.rows[:3000]

    changed = shop.prepared()
    page = (shop.root / "out" / "report.html").read_text()
    again = shop.prepared()

    assert changed == again
    assert (shop.root / "out" / "report.html").read_text() == page
    assert changed.before["interactions"].rows_written > 5900
    assert [finding.text for finding in changed.findings if finding.check == "drift"] == [
        f"{changed.datasets['interactions'].rows_written:,} rows, 50 % fewer than the "
        f"{changed.before['interactions'].rows_written:,} before; is a source missing?",
        "users have 7.5 interactions on average, 15.0 before",
    ]
    assert "Since the run before" in page
