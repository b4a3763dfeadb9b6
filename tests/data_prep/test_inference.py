"""A draft of a configuration: what it finds in logs of many kinds, and what it says when it cannot tell."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime

import duckdb
import pandas as pd
import pytest
import yaml

from data_prep.errors import SourceError
from data_prep.inference.infer import infer, project_name
from data_prep.prepare import prepare
from personalize_stack.config.load import load

START = 1_700_000_000
ROWS = 1500


def log(rows=ROWS):
    """Sensible interactions: user, item, epoch seconds, type, amount, device."""
    return [
        (
            f"u{n * 7 % 97}",
            f"p{(13 * n + n // 41) % 41}",
            START + 600 * n,
            ("view", "cart", "buy")[n % 7 % 3],
            f"{n % 50}.5",
            ("phone", "desktop")[n % 5 > 2],
        )
        for n in range(rows)
    ]


def written(rows, header, **dialect):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", **dialect)
    writer.writerows([header, *rows] if header else rows)
    return out.getvalue()


HEADER = ("customer_id", "sku", "event_time", "event", "amount", "device")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def drafted(folder, *patterns, **options):
    """Draft a configuration, load it as any other, prepare what it declares; gives its datasets and the manifest."""
    draft = infer(patterns, folder, options.pop("declared", None), project="shop", **options)
    (folder / "personalize.yaml").write_text(draft.text)
    project = load(folder / "personalize.yaml")
    manifest = prepare(project.datasets, folder, folder / "prepared", now=START + 10**8)
    return yaml.safe_load(draft.text)["datasets"], manifest, draft


def at(second, form):
    return datetime.fromtimestamp(second, UTC).strftime(form)


def with_times(form):
    return [(user, item, at(when, form), *rest) for user, item, when, *rest in log()]


CSV_KINDS = {
    "plain.csv": (written(log(), HEADER), "events.csv", {}),
    "tabs.tsv": (written(log(), HEADER, delimiter="\t"), "events.tsv", {}),
    "semicolons": (written(log(), HEADER, delimiter=";", quoting=csv.QUOTE_ALL), "events.csv", {}),
    "carets": (written(log(), HEADER, delimiter="^"), "events.csv", {"delimiter": "^"}),
    "single quotes": (
        written([(u, i, t, k, a, f"my, {d}") for u, i, t, k, a, d in log()], HEADER, quotechar="'"),
        "events.csv",
        {"quote": "'"},
    ),
    "backslashes": (
        written(
            [(u, i, t, k, a, f'the "{d}", big') for u, i, t, k, a, d in log()],
            HEADER,
            doublequote=False,
            escapechar="\\",
        ),
        "events.csv",
        {"escape": "backslash"},
    ),
    "another name": (written(log(), HEADER), "events.log", {"format": "csv"}),
}


@pytest.mark.parametrize("kind", CSV_KINDS)
def test_a_csv_of_any_dialect_is_read_as_it_is(folder, kind):
    text, name, shape = CSV_KINDS[kind]
    (folder / name).write_text(text)

    datasets, manifest, _ = drafted(folder, name)

    source = datasets["interactions"]["source"]
    assert source == ({"path": name, **shape} if shape else name)
    columns = datasets["interactions"]["columns"]
    assert columns | {"DEVICE": None} == {
        "USER_ID": "customer_id",
        "ITEM_ID": "sku",
        "TIMESTAMP": {"column": "event_time", "unit": "s"},
        "EVENT_TYPE": "event",
        "EVENT_VALUE": "amount",
        "DEVICE": None,
    }
    assert manifest.datasets["interactions"].rows_written == ROWS
    assert manifest.datasets["interactions"].event_types.keys() == {"view", "cart", "buy"}


@pytest.mark.parametrize(
    ("values", "declared"),
    [
        (with_times("%Y-%m-%dT%H:%M:%SZ"), "event_time"),
        (with_times("%Y-%m-%d %H:%M:%S"), "event_time"),
        ([(u, i, t * 1000, *rest) for u, i, t, *rest in log()], {"column": "event_time", "unit": "ms"}),
        (with_times("%d/%m/%Y %H:%M:%S"), {"column": "event_time", "formats": "%d/%m/%Y %H:%M:%S"}),
        (with_times("%m/%d/%Y %H:%M"), {"column": "event_time", "formats": "%m/%d/%Y %H:%M"}),
        (with_times("%d/%b/%Y:%H:%M:%S +0000"), {"column": "event_time", "formats": "%d/%b/%Y:%H:%M:%S %z"}),
    ],
)
def test_times_are_told_by_their_look(folder, values, declared):
    (folder / "events.csv").write_text(written(values, HEADER))

    datasets, manifest, _ = drafted(folder, "events.csv")

    assert datasets["interactions"]["columns"]["TIMESTAMP"] == declared
    assert manifest.datasets["interactions"].first_timestamp == pytest.approx(START, abs=60)


def test_days_and_months_that_cannot_be_told_apart_are_asked_for(folder):
    rows = [(user, item, f"0{1 + n % 9}/0{1 + n % 8}/2024", *rest) for n, (user, item, _, *rest) in enumerate(log())]
    (folder / "events.csv").write_text(written(rows, HEADER))

    with pytest.raises(SourceError, match=r"may be written as any of %d/%m/%Y, %m/%d/%Y; declare --time-format"):
        infer(["events.csv"], folder)

    datasets, *_ = drafted(folder, "events.csv", time_format="%m/%d/%Y")
    assert datasets["interactions"]["columns"]["TIMESTAMP"] == {"column": "event_time", "formats": "%m/%d/%Y"}


def test_days_and_times_of_day_in_two_columns_are_one_time(folder):
    rows = [(u, i, at(t, "%d.%m.%Y"), at(t, "%H:%M"), d) for u, i, t, _, _, d in log()]
    (folder / "events.csv").write_text(written(rows, ("user", "item", "date", "clock", "device")))

    datasets, manifest, _ = drafted(folder, "events.csv")

    columns = datasets["interactions"]["columns"]
    assert columns["TIMESTAMP"] == {"sql": '"date" || \' \' || "clock"', "formats": "%d.%m.%Y %H:%M"}
    assert "CLOCK" not in columns
    assert manifest.datasets["interactions"].first_timestamp == pytest.approx(START, abs=60)


def test_of_very_many_files_some_are_looked_into_and_all_are_sources(folder):
    for place in range(120):
        (folder / "logs" / f"{place // 100}").mkdir(parents=True, exist_ok=True)
        (folder / "logs" / f"{place // 100}" / f"{place}.csv").write_text(written(log()[place::120], HEADER))
    (folder / "logs" / "1" / "other.csv").write_text("a note\n")

    datasets, manifest, _ = drafted(folder, "logs/0", "logs/1/1[01]*.csv")

    sources = datasets["interactions"]["source"]
    assert (sources[0], len(sources)) == ("logs/0/*.csv", 21)
    assert manifest.datasets["interactions"].rows_written == ROWS


def test_nested_json_and_gz_and_several_files_are_one_source(folder):
    for part in range(5):
        lines = [
            json.dumps(
                {
                    "user": {"id": user, "plan": "free" if n % 3 else "paid"},
                    "context": {"item": {"itemId": item}, "device": device},
                    "at": at(when, "%Y-%m-%dT%H:%M:%S+00:00"),
                    "type": kind,
                    "tags": ["a", "b"] if n % 2 else ["c"],
                }
            )
            for n, (user, item, when, kind, _, device) in enumerate(log())
            if n % 5 == part
        ]
        (folder / f"part-{part}.jsonl.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))

    datasets, manifest, _ = drafted(folder, "*.jsonl.gz")

    assert datasets["interactions"]["source"] == "*.jsonl.gz"
    columns = datasets["interactions"]["columns"]
    assert columns["USER_ID"] == "$.user.id"
    assert columns["ITEM_ID"] == "$.context.item.itemId"
    assert (columns["TIMESTAMP"], columns["EVENT_TYPE"]) == ("at", "type")
    assert columns["TAGS"] == {"column": "tags", "categorical": True, "nullable": True}
    assert manifest.datasets["interactions"].rows_written == ROWS


def test_parquet_is_read_with_its_types(folder):
    frame = pd.DataFrame(log(), columns=HEADER)
    frame["event_time"] = pd.to_datetime(frame["event_time"], unit="s")
    duckdb.sql("select * from frame").write_parquet(str(folder / "events.parquet"))

    datasets, manifest, _ = drafted(folder, "events.parquet")

    assert datasets["interactions"]["columns"]["TIMESTAMP"] == "event_time"
    assert manifest.datasets["interactions"].rows_written == ROWS


def test_metadata_of_items_and_users_is_told_by_the_ids_that_the_log_has(folder):
    (folder / "events.csv").write_text(written(log(), HEADER))
    items = [
        (
            f"p{n}",
            f"Thing {n}",
            ("garden, home", "toys", "books, toys")[n % 3],
            n * 1.5 if n % 4 else "n/a",
            ("true", "false")[n % 2],
            f"A long text number {n} about what this thing is and does",
            START - n,
            "x",
            f"ean{n:09d}",
        )
        for n in range(60)
    ]
    names = ("code", "name", "category", "price", "in stock", "about", "created_at", "constant", "ean")
    (folder / "items.csv").write_text(written(items, names))
    users = [(f"u{n}", 20 + n % 50 if n % 7 else "", ("DE", "FR")[n % 2]) for n in range(97)]
    (folder / "people.csv").write_text(written(users, ("id", "age", "country")))

    datasets, manifest, draft = drafted(folder, ".")

    assert datasets["items"]["columns"] == {
        "ITEM_ID": "code",
        "CREATION_TIMESTAMP": {"column": "created_at", "unit": "s"},
        "NAME": {"column": "name", "nullable": True},
        "CATEGORY": {"column": "category", "categorical": True, "nullable": True, "separator": ","},
        "PRICE": {"column": "price", "type": "float", "nullable": True, "missing": ["n/a"]},
        "IN_STOCK": {"column": "in stock", "categorical": True, "nullable": True},
        "ABOUT": {"column": "about", "textual": True, "nullable": True},
    }
    assert datasets["users"]["columns"] == {
        "USER_ID": "id",
        "AGE": {"column": "age", "type": "int", "nullable": True},
        "COUNTRY": {"column": "country", "categorical": True, "nullable": True},
    }
    assert (manifest.datasets["items"].rows_written, manifest.datasets["users"].rows_written) == (60, 97)
    assert "# left out: always x" in draft.text
    assert "# 41 of its 60 sampled ids are ids of items in the log" in draft.text


def test_ratings_without_types_have_one_and_the_draft_tells_of_thresholds(folder):
    rows = [(user, item, n % 10 / 2, when) for n, (user, item, when, *_) in enumerate(log())]
    (folder / "ratings.csv").write_text(written(rows, ("userId", "movieId", "rating", "timestamp")))

    datasets, _, draft = drafted(folder, "ratings.csv")

    assert datasets["interactions"]["columns"] == {
        "USER_ID": "userId",
        "ITEM_ID": "movieId",
        "TIMESTAMP": {"column": "timestamp", "unit": "s"},
        "EVENT_TYPE": {"value": "rating"},
        "EVENT_VALUE": "rating",
    }
    assert "thresholds: {like: 4, watch: 1}" in " ".join(draft.text.replace("#", " ").split())


def test_files_of_different_shapes_are_one_dataset(folder):
    rows = log()
    (folder / "views.csv").write_text(
        written([(u, i, t, d) for u, i, t, _, _, d in rows], ("user", "item", "ts", "device"))
    )
    lines = [json.dumps({"customer": u, "product": i, "when": t * 1000}) for u, i, t, *_ in rows[:300]]
    (folder / "orders.jsonl").write_text("\n".join(lines) + "\n")

    datasets, manifest, _ = drafted(folder, "views.csv", "orders.jsonl")

    assert datasets["interactions"]["columns"]["EVENT_TYPE"] == {"value": "views"}
    assert datasets["interactions"]["source"][1] == {
        "path": "orders.jsonl",
        "columns": {
            "USER_ID": "customer",
            "ITEM_ID": "product",
            "TIMESTAMP": {"column": "when", "unit": "ms"},
            "EVENT_TYPE": {"value": "orders"},
        },
    }
    assert manifest.datasets["interactions"].event_types == {"views": ROWS, "orders": 300}


def test_event_types_are_joined_where_only_the_case_differs_and_too_many_are_cut(folder):
    rows = [(u, i, t, f"kind{chr(97 + n % 12)}" if n % 20 else "KindA") for n, (u, i, t, *_) in enumerate(log())]
    (folder / "events.csv").write_text(written(rows, ("user", "item", "ts", "event_type")))

    datasets, manifest, _ = drafted(folder, "events.csv")

    declared = datasets["interactions"]["columns"]["EVENT_TYPE"]
    assert declared["map"] == {"KindA": "kinda"}
    assert len(declared["keep"]) == len(manifest.datasets["interactions"].event_types) == 10


def test_a_log_without_names_is_told_by_its_values_or_asked_for(folder):
    rows = [(t, u, i) for u, i, t, *_ in log()]
    (folder / "raw.csv").write_text(written(rows, None))

    with pytest.raises(SourceError) as raised:
        infer(["raw.csv"], folder)
    assert "no column's name tells the user, and it may be any of column2, column3; declare --user COLUMN" in str(
        raised.value
    )

    datasets, manifest, _ = drafted(folder, "raw.csv", declared={"user": "column2"})
    assert datasets["interactions"]["source"] == {"path": "raw.csv", "header": ["column1", "column2", "column3"]}
    assert datasets["interactions"]["columns"]["ITEM_ID"] == "column3"
    assert manifest.datasets["interactions"].rows_written == ROWS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"user,item,ts\n", "has a line with the columns' names (user, item, ts) and no rows"),
        (b"1::2::3\n" * 50, "'::' stands between its values, and a delimiter is one character: replace it"),
        (b"just some words of prose\nand more of it here today\nbut no table\n" * 9, "has no columns that can be told"),
        (
            b'[{"user": 1}]',
            "is one JSON list, and rows are read one a line; convert it, as by `jq -c '.[]' events.csv`",
        ),
        (b"{not json\n{neither\n", "has no JSON objects, one a line; its first line is '{not json'"),
        (b"\x89PNG\x00\x00\x00\x00", "is not text; CSV, JSON Lines and Parquet can be read"),
        (
            b"user_id,product_id,note\n1,2,x\n" * 50,
            "no column's name tells the time, and no column has values that read",
        ),
        (
            written([(u, u[::-1], i, t) for u, i, t, *_ in log(200)], ("user_id", "user_key", "item", "ts")).encode(),
            "the user may be any of user_id",
        ),
    ],
)
def test_what_cannot_be_told_is_said_with_what_to_do(folder, content, message):
    (folder / "events.csv").write_bytes(content)

    with pytest.raises(SourceError) as raised:
        infer(["events.csv"], folder)

    assert message in str(raised.value)


def test_other_encodings_are_declared(folder):
    rows = [(u, i, t, k, a, "café" if n % 3 else "bar") for n, (u, i, t, k, a, _) in enumerate(log())]
    (folder / "events.csv").write_bytes(written(rows, HEADER).encode("latin-1"))

    datasets, manifest, draft = drafted(folder, "events.csv")

    assert datasets["interactions"]["source"] == {"path": "events.csv", "encoding": "cp1252"}
    assert "line 3 has the byte 0xE9, which is no UTF-8" in draft.text
    assert "café" in (folder / "prepared" / manifest.datasets["interactions"].location).read_text()


def test_a_large_file_is_looked_at_in_its_middle_and_end_too(folder):
    rows = "".join(
        f"u{n % 97},i{n % 41},{START + n},{'x' * 80},{'new' if n > 60_000 else 'old'}\n" for n in range(70_000)
    )
    (folder / "events.csv").write_text(f"user,item,ts,note,event\n{rows}")

    draft = infer(["events.csv"], folder)

    (guess,) = [guess for guess in draft.datasets[0].columns if guess.name == "EVENT_TYPE"]
    assert "new" in guess.why
    assert "duplicate" not in draft.kept["interactions"].rejected


@pytest.mark.parametrize(
    ("name", "wanted"), [("My Shop (2)", "my-shop-2"), ("2024", "recommender"), ("a" * 40, "a" * 24)]
)
def test_a_projects_name_comes_of_its_folder(name, wanted):
    assert project_name(name) == wanted


def test_logs_in_s3_are_looked_into_and_prepared_from_there(folder, bucket):
    rows = log()
    half = len(rows) // 2
    for name, some in (("2026-01", rows[:half] * 240), ("2026-02", rows[half:])):
        bucket.put_object(Key=f"logs/{name}.csv", Body=written(some, HEADER).encode())
    lines = "".join(json.dumps({"sku": f"p{n}", "kind": f"k{n % 4}"}) + "\n" for n in range(41))
    bucket.put_object(Key="shop/products.jsonl.gz", Body=gzip.compress(lines.encode()))
    duckdb.sql("select 'u' || i as customer_id, 'g' || i % 3 as grade from range(97) t(i)").write_parquet(
        "users.parquet"
    )
    bucket.upload_file("users.parquet", "shop/users.parquet")

    assert bucket.Object("logs/2026-01.csv").content_length > 3_000_000  # of which only some is read
    datasets, manifest, draft = drafted(folder, "s3://shop/logs/*.csv", "s3://shop/shop/")

    assert {name: dataset["source"] for name, dataset in datasets.items()} == {
        "interactions": "s3://shop/logs/*.csv",
        "items": "s3://shop/shop/products.jsonl.gz",
        "users": "s3://shop/shop/users.parquet",
    }
    assert draft.kept["interactions"].rows < 90_000
    assert manifest.datasets["interactions"].rows_written == ROWS
    assert (manifest.datasets["items"].rows_written, manifest.datasets["users"].rows_written) == (41, 97)


def test_what_is_wrong_with_an_object_is_told_by_its_uri(folder, bucket):
    bucket.put_object(Key="a.json", Body=b'[{"user": 1}]')

    with pytest.raises(SourceError, match=r"^s3://shop/a.json is one JSON list, and rows are read one a line"):
        infer(["s3://shop/a.json"], folder)
    with pytest.raises(SourceError, match=r"no object s3://shop/nothing/; the bucket has 0 objects that begin so"):
        infer(["s3://shop/nothing/"], folder)


def test_a_log_of_another_country_is_told_with_its_decimal_comma(folder):
    days = [(1234567890123456789 + n % 97, f"a{n % 41}", at(START + 600 * n, "%d.%m.%Y %H:%M")) for n in range(ROWS)]
    rows = [
        (*one, f"{n % 7 * 250 + 0.5:,.2f}".translate(str.maketrans(",.", ".,")), ("1,5 kg", "2 St", "500 g")[n % 3])
        for n, one in enumerate(days)
    ]
    text = written(rows, ("KundenNr", "Artikel", "Datum", "Preis", "Packung"), delimiter=";")
    (folder / "verk\u00e4ufe.csv").write_bytes(text.encode("cp1252"))

    datasets, manifest, _ = drafted(folder, ".")

    columns = datasets["interactions"]["columns"]
    assert (columns["USER_ID"], columns["ITEM_ID"]) == ("KundenNr", "Artikel")
    assert columns["EVENT_VALUE"] == {"column": "Preis", "decimal": ","}
    assert columns["PACKUNG"] == {"column": "Packung", "categorical": True, "nullable": True}  # no list of 1 and 5 kg
    assert manifest.datasets["interactions"].rows_written == ROWS
    prepared = pd.read_csv(folder / "prepared" / "INTERACTIONS.csv")
    assert sorted({*prepared["EVENT_VALUE"]}) == [0.5, 250.5, 500.5, 750.5, 1000.5, 1250.5, 1500.5]
