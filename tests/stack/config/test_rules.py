"""What one part of a configuration demands of another, and all that the service would refuse later."""

import pytest

from personalize_stack.config.load import load

SHOP = """\
project: shop
datasets:
  interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t, EVENT_TYPE: kind, EVENT_VALUE: v}}
  items:
    source: b.csv
    columns:
      ITEM_ID: i
      NAME: {column: name, item_name: true}
      ABOUT: {column: about, textual: true}
      KIND: {column: kind, categorical: true}
      PRICE: {column: price, type: float}
      WEIGHT: {column: weight, type: float, nullable: true}
      IS_NEW: {column: new, type: boolean}
  users: {source: c.csv, columns: {USER_ID: u, AGE: {column: age, type: int}}}
"""
ACTIONS = """\
project: shop
datasets:
  interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}
  actions: {source: b.csv, columns: {ACTION_ID: a, VALUE: v}}
"""
VIDEO = """\
project: films
domain: VIDEO_ON_DEMAND
datasets:
  interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t, EVENT_TYPE: {value: Watch}}}
"""


def told(problems, text):
    """Return the problems of a text, without file and line."""
    return [problem.split(": ", 1)[1] for problem in problems(text)]


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        ("{recipe: hrnn, auto_ml: true}", "recipe: 'hrnn' given; with auto_ml the service chooses it"),
        ("{auto_ml: [sims]}", "auto_ml.0: 'sims' given; no such recipe; allowed: hrnn, hrnn-metadata, hrnn-coldstart"),
        (
            "{recipe: hrnn, events: {Buy: 1}}",
            "events: {'Buy': 1} given; hrnn does not take it; it is for user-personalization-v2, "
            "personalized-ranking-v2",
        ),
        (
            "{recipe: user-personalization-v2, events: {Buy: 2}}",
            "events.Buy: 2 given; should be less than or equal to 1",
        ),
        (
            "{recipe: sims, incremental_update: true}",
            "incremental_update: True given; sims does not take it; it is for semantic-similarity",
        ),
        (
            "{recipe: user-personalization-v2, training: {mode: UPDATE}}",
            "training.mode: 'UPDATE' given; user-personalization-v2 does not take it; it is for user-personalization",
        ),
        (
            "{recipe: personalized-ranking, optimization_objective: {column: WEIGHT}}",
            "optimization_objective.column: 'WEIGHT' given; should be a column of datasets.items with a number in "
            "every row",
        ),
        (
            "{recipe: hrnn, auto_training_days: 31}",
            "auto_training_days: 31 given; should be less than or equal to 30",
        ),
        ("{recipe: similar-items, excluded_columns: {actions: [X]}}", "excluded_columns.actions: no such dataset"),
        (
            "{recipe: similar-items, excluded_columns: {items: [NAMES]}}",
            "excluded_columns.items.0: 'NAMES' given; no such column; allowed: ITEM_ID, NAME",
        ),
        (
            "{recipe: similar-items, excluded_columns: {interactions: [EVENT_TYPE]}}",
            "excluded_columns.interactions.0: 'EVENT_TYPE' given; a training cannot do without this column",
        ),
        (
            "{recipe: similar-items, excluded_columns: {items: [KIND]}, included_columns: {items: [PRICE]}}",
            "included_columns: given beside excluded_columns; a training takes one of them",
        ),
        ("{recipe: popularity-count, tuning: true}", "tuning: popularity-count has no hyperparameters that can be"),
        (
            "{recipe: similar-items, tuning: {ranges: {popularity_discount_factor: {min: 0, max: 1}}}}",
            "tuning.ranges.popularity_discount_factor: not in the hyperparameters of similar-items to search for; "
            "allowed: item_id_hidden_dim, item_metadata_hidden_dim",
        ),
        (
            "{recipe: hrnn, tuning: {ranges: {bptt: {min: 8, max: 4}}}}",
            "tuning.ranges.bptt: {'max': 4, 'min': 8} given; should be min and max, each a whole number from 2 to 32",
        ),
        (
            "{recipe: hrnn, hyperparameters: {bptt: 8}, tuning: {ranges: {bptt: {min: 8, max: 9}}}}",
            "tuning.ranges.bptt: given in hyperparameters too; a value is either fixed or searched for",
        ),
        ("{recipe: hrnn, tuning: {jobs: 41}}", "tuning.jobs: 41 given; should be less than or equal to 40"),
        ("{recipe: hrnn, tuning: {job: 4}}", "tuning.job: no such key; allowed: jobs, parallel_jobs, ranges, metric"),
        (
            "{recipe: next-best-action}",
            "recipe: next-best-action learns from actions too, which datasets does not have",
        ),
    ],
)
def test_a_solution_is_as_its_recipe_takes_it(problems, solution, expected):
    (problem,) = told(problems, f"{SHOP}solutions: {{a: {solution}}}\n")
    assert problem.startswith(f"solutions.a.{expected}")


def test_a_recipe_of_texts_needs_their_columns(problems):
    text = SHOP.replace(", item_name: true", "").replace(", textual: true", "")
    assert told(problems, f"{text}solutions: {{a: {{recipe: semantic-similarity}}}}\n") == [
        f"solutions.a.recipe: semantic-similarity needs a column of items that is marked {mark}: true"
        for mark in ("item_name", "textual")
    ]


def test_a_recipe_of_texts_does_without_interactions(write):
    interactions = next(line for line in SHOP.splitlines() if "interactions" in line)
    text = SHOP.replace(f"{interactions}\n", "") + "solutions: {a: {recipe: semantic-similarity}}\n"
    assert list(load(write(text)).datasets) == ["items", "users"]


SOLUTIONS = (
    "solutions: {v1: {recipe: user-personalization}, like: {recipe: similar-items}, who: {recipe: item-affinity}}\n"
)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "campaigns: {a: {solution: like, exploration: {weight: 0.5}}}",
            "campaigns.a.exploration: {'weight': 0.5} given; similar-items does not take it; "
            "it is for user-personalization",
        ),
        (
            "campaigns: {a: {solution: v1, exploration: {weight: 2}}}",
            "campaigns.a.exploration.weight: 2 given; should be less than or equal to 1",
        ),
        (
            "campaigns: {a: {solution: like, ranking_influence: {popularity: 0.5}}}",
            "campaigns.a.ranking_influence: {'popularity': 0.5} given; similar-items does not take it; "
            "it is for semantic-similarity",
        ),
        (
            "batch_segments: {a: {solution: v1, input: x.jsonl}}",
            "batch_segments.a.solution: 'v1' given; its recipe user-personalization is not for batch segments",
        ),
        (
            "batch_inference: {a: {solution: who, input: x.jsonl}}",
            "batch_inference.a.solution: 'who' given; its recipe item-affinity is not for batch recommendations",
        ),
        (
            "batch_inference: {a: {solution: v1, input: x.jsonl, filter: seen}}",
            "batch_inference.a.filter: 'seen' given; no such filter; allowed: none",
        ),
        (
            "filters: {seen: EXCLUDE ItemID WHERE Items.PRICE > 5}\n"
            "batch_segments: {a: {solution: who, input: x.jsonl, filter: seen}}",
            "batch_segments.a.filter: 'seen' given; item-affinity needs a filter of UserID",
        ),
        (
            "batch_inference: {a: {solution: v1, input: x.jsonl, num_results: 501}}",
            "batch_inference.a.num_results: 501 given; should be at most 500",
        ),
        (
            "batch_inference: {a: {solution: v1, input: 's3://bucket/in/x.jsonl', output: 's3://bucket/in/'}}",
            "batch_inference.a.output: 's3://bucket/in/' given; should be another folder than that of the input",
        ),
        (
            "batch_inference: {a: {solution: v1, input: 'https://b/x'}}",
            "batch_inference.a.input: 'https://b/x' given; should be a file, or s3://BUCKET/KEY",
        ),
        (
            "batch_inference: {a: {solution: v1, input: x.jsonl, output: out}}",
            "batch_inference.a.output: 'out' given; should match pattern",
        ),
        (
            "batch_inference: {a: {solution: v1, input: x.jsonl, themes: NAME}}",
            "batch_inference.a.themes: 'NAME' given; user-personalization does not take it; it is for similar-items",
        ),
        (
            "batch_inference: {a: {solution: like, input: x.jsonl, themes: TITLE}}",
            "batch_inference.a.themes: 'TITLE' given; no such column in datasets.items",
        ),
        (
            "exports: {a: {dataset: actions}}",
            "exports.a.dataset: 'actions' given; no such dataset in datasets; allowed",
        ),
        (
            "data_deletions: {a: {input: 's3://bucket/users.csv'}}",
            "data_deletions.a.input: 's3://bucket/users.csv' given; should be the S3 URI of a folder, ending in /",
        ),
        (
            "metric_attribution: {metrics: {sold: {event_type: Buy, expression: SUM(Items.KIND)}}}",
            "metric_attribution.metrics.sold.expression: 'SUM(Items.KIND)' given; should sum up a number of "
            "datasets.items",
        ),
        (
            "metric_attribution: {metrics: {sold: {event_type: Buy, expression: AVG(Items.PRICE)}}}",
            "metric_attribution.metrics.sold.expression: 'AVG(Items.PRICE)' given; should match pattern",
        ),
        (
            "event_tracker: {arn: 'arn:aws:personalize:eu-west-1:123456789012:event-tracker/1', tracking_id: x}",
            "event_tracker: an existing tracker takes events into its own dataset group; give dataset_group too",
        ),
        ("event_tracker: {}", "event_tracker.arn: missing; this key is required"),
        ("event_tracker: {arn: 3, id: 5, tracking_id: x}", "event_tracker.arn: 3 given; should be a valid string"),
        (
            "recommenders: {a: {recipe: vod-top-picks}}",
            "recommenders.a.recipe: vod-top-picks is of the domain VIDEO_ON_DEMAND, and domain is not given",
        ),
        ("region: eu-west-2", "region: 'eu-west-2' given; Amazon Personalize is not there; allowed: us-east-1"),
        ("{production: true, retain_data: false}", "retain_data: False given; in production data is retained"),
        (
            "{dataset_group: 'arn:aws:personalize:eu-west-1:123456789012:dataset-group/a', region: us-east-1}",
            "dataset_group: 'arn:aws:personalize:eu-west-1:123456789012:dataset-group/a' given; it is not ",
        ),
    ],
)
def test_what_serves_and_what_runs_once_fits_the_rest(problems, more, expected):
    more = "\n".join(part for part in more.strip("{}").split(", ")) if more.startswith("{") else more
    problem, *_ = told(problems, f"{SHOP}{SOLUTIONS}{more}\n")
    assert problem.startswith(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("EXCLUDE ItemID Items.KIND IN ('a')", "given; should be INCLUDE or EXCLUDE, then ItemID WHERE"),
        ("EXCLUDE ItemID WHERE Items.KIND IN ('a'", "given; should be INCLUDE or EXCLUDE"),
        ("INCLUDE ItemID WHERE Items.COLOUR IN ('a')", "items.COLOUR given; no such column; allowed: ITEM_ID, NAME"),
        ("INCLUDE ItemID WHERE Items.ABOUT IN ('a')", "items.ABOUT given; a textual column cannot be filtered by"),
        ("INCLUDE ItemID WHERE Items.IS_NEW = 'a'", "items.IS_NEW given; a boolean column cannot be filtered by"),
        ("INCLUDE ItemID WHERE Interactions.DEVICE IN ('tv')", "interactions.DEVICE given; filters look at EVENT_TYPE"),
        ("INCLUDE ItemID WHERE Users.AGE > 3", "'users' given after WHERE; allowed: interactions, items"),
        ("INCLUDE ActionID WHERE Actions.VALUE > 3", "actions.VALUE given; datasets has no actions"),
        (
            "INCLUDE ItemID WHERE Items.KIND IN ('a') AND Interactions.EVENT_TYPE IN ('View')",
            "interactions and items given in one clause; a clause looks at one dataset; put a bar between two",
        ),
        ("INCLUDE ItemID WHERE Items.KIND NOT IN ($KINDS)", "($KINDS) given after NOT IN, which takes no placeholder"),
        (
            "INCLUDE ItemID WHERE Items.PRICE < 5 IF CurrentUser.SIZE = 3",
            "users.SIZE given; no such column; allowed: USER_ID, AGE",
        ),
        ("INCLUDE ItemID WHERE Items.KIND = CurrentItem.SORT", "items.SORT given; no such column"),
        ("INCLUDE UserID WHERE Users.AGE > 3 | INCLUDE ItemID WHERE Items.PRICE > 3", "itemid and userid given; all"),
    ],
)
def test_a_filter_is_one_that_the_service_takes(problems, expression, expected):
    expression = expression.replace("'", '"')
    problem, *_ = told(problems, f"{SHOP}filters:\n  a: {expression}\n")
    assert problem.startswith("filters.a: ")
    assert expected in problem


@pytest.mark.parametrize(
    "expression",
    [
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        "INCLUDE itemId WHERE items.kind in ($KINDS) AND Items.PRICE <= $TOP",
        "INCLUDE ItemID WHERE Items.KIND IN CurrentItem.KIND",
        'EXCLUDE ItemID WHERE Items.KIND IN ("18|b") IF CurrentUser.AGE < 18',
        'INCLUDE ItemID WHERE Items.KIND NOT IN ("A", "B")|EXCLUDE ItemID WHERE Interactions.EVENT_TYPE = "View"',
        "INCLUDE UserID WHERE Users.AGE > ($MIN)",
    ],
)
def test_filters_of_the_guides_forms_are_taken(write, expression):
    assert load(write(f"{SHOP}filters:\n  a: {expression}\n")).filters == {"a": expression}


def test_a_filter_has_ten_columns_at_most(problems):
    columns = "".join(f"      C{n}: {{column: c, type: int}}\n" for n in range(21))
    text = SHOP.replace("      ITEM_ID: i\n", f"      ITEM_ID: i\n{columns}")
    long = " AND ".join(f"Items.C{n} = 1" for n in range(11))
    rest = " AND ".join(f"Items.C{n} = 1" for n in range(11, 21))
    filters = f"filters:\n  a: INCLUDE ItemID WHERE {long}\n  b: INCLUDE ItemID WHERE {rest}\n"
    assert told(problems, text + filters) == [
        "filters: 21 columns given; all filters together may have 20",
        "filters.a: 11 columns given; a filter may have 10",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            VIDEO + "recommenders: {a: {recipe: ecomm-recommended-for-you}}\n",
            "recommenders.a.recipe: ecomm-recommended-for-you is of the domain ECOMMERCE, and domain is ",
        ),
        (
            VIDEO + "recommenders: {a: {recipe: vod-more-like-x}}\n",
            "recommenders.a.recipe: vod-more-like-x learns from items too, which datasets does not have",
        ),
        (
            VIDEO.replace("Watch", "Click") + "recommenders: {a: {recipe: vod-most-popular}}\n",
            "recommenders.a.recipe: vod-most-popular learns from one event type; 'Watch' given; "
            "all interactions have the event type 'Click'",
        ),
        (
            VIDEO + "recommenders: {a: {recipe: vod-most-popular, exploration: {}}}\n",
            "recommenders.a.exploration: {} given; vod-most-popular does not take it; "
            "it is for ecomm-recommended-for-you, vod-top-picks",
        ),
        (
            VIDEO + "  actions: {source: b.csv, columns: {ACTION_ID: a, VALUE: v}}\n",
            "datasets.actions: a dataset group of the domain VIDEO_ON_DEMAND cannot have actions",
        ),
        (
            VIDEO.replace(", EVENT_TYPE: {value: Watch}", ""),
            "datasets.interactions.columns: interactions needs the columns ['EVENT_TYPE']",
        ),
        (
            VIDEO + "  items: {source: b.csv, columns: {ITEM_ID: i, CREATION_TIMESTAMP: at}}\n",
            "datasets.items.columns: items needs the columns ['GENRES']",
        ),
        (
            ACTIONS.replace("VALUE: v}}", "VALUE: v}, import: {publish_attribution_metrics: true}}"),
            "datasets.actions.import.publish_attribution_metrics: True given; metrics are attributed to interactions",
        ),
    ],
)
def test_the_domain_says_what_a_dataset_group_can_hold(problems, text, expected):
    problem, *_ = told(problems, text)
    assert problem.startswith(expected)


def test_an_import_is_told_what_it_takes(problems):
    text = VIDEO.replace("{value: Watch}}}", "{value: Watch}}, import: {mod: FULL}}")
    assert told(problems, text) == [
        "datasets.interactions.import.mod: no such key; allowed: mode, run, publish_attribution_metrics; "
        "did you mean mode?"
    ]


def test_an_existing_dataset_group_has_datasets_of_its_own(write):
    text = """\
project: shop
dataset_group: arn:aws:personalize:eu-west-1:123456789012:dataset-group/old
event_tracker: {arn: "arn:aws:personalize:eu-west-1:123456789012:event-tracker/1a2b3c4d", tracking_id: 1a-2b}
solutions: {a: {recipe: semantic-similarity}, b: {recipe: user-personalization, event_type: Buy}}
filters: {cheap: INCLUDE ItemID WHERE Items.PRICE < 5}
"""
    assert load(write(text)).datasets == {}


def test_quotas_that_aws_has_raised_are_kept_to(write):
    recommenders = "".join(f"  {name}: {{recipe: vod-top-picks}}\n" for name in "abcdefg")
    shop = load(write(f"{VIDEO}quotas: {{recommenders: 7}}\nrecommenders:\n{recommenders}"))
    assert len(shop.recommenders) == 7


@pytest.mark.parametrize(
    ("autoscaling", "expected"),
    [
        ("{max_tps: 2}", "autoscaling.max_tps: 2 given; should be at least the minimum, 3"),
        (
            "{prewarm: [{from: noon, to: '18:00', tps: 4}]}",
            "autoscaling.prewarm.0: {'from': 'noon', 'to': '18:00', 'tps': 4} given; times should be like '18:00', "
            "'fri 18:00' or '2026-11-27 06:00', in UTC; not 'noon'",
        ),
        (
            "{prewarm: [{from: '18:00', to: 'fri 18:00', tps: 4}]}",
            "autoscaling.prewarm.0: {'from': '18:00', 'to': 'fri 18:00', 'tps': 4} given; both times should be of one "
            "kind, '18:00', 'fri 18:00' or '2026-11-27 06:00', in UTC; not '18:00' and 'fri 18:00'",
        ),
    ],
)
def test_autoscaling_stays_above_the_minimum_and_knows_its_times(problems, autoscaling, expected):
    text = SHOP + "solutions: {popular: {recipe: popularity-count}}\ncampaigns:\n  popular:\n"
    text += f"    solution: popular\n    min_provisioned_tps: 3\n    autoscaling: {autoscaling}\n"
    assert told(problems, text) == [f"campaigns.popular.{expected}"]


@pytest.mark.parametrize(
    ("solution", "campaign", "expected"),
    [
        (
            "{recipe: hrnn, auto_training_days: 7, retraining: {schedule: rate(7 days)}}",
            "{solution: a}",
            "solutions.a.retraining: the service trains 'a' by itself too (auto_training_days: 7), and bills each "
            "training; leave one of the two out",
        ),
        (
            "{recipe: hrnn, retraining: {schedule: rate(7 days)}}",
            "{solution: a, follow_latest: true}",
            "campaigns.c.follow_latest: True given, and solutions.a.retraining too; the service would let versions "
            "serve before the gate has judged them; leave one of the two out",
        ),
        (
            "{recipe: hrnn, retraining: {}}",
            "{solution: b}",
            "solutions.a.retraining: no campaign serves 'a', so nothing could take over; declare one in campaigns",
        ),
        (
            "{recipe: hrnn, retraining: {schedule: weekly}}",
            "{solution: a}",
            "solutions.a.retraining.schedule: 'weekly' given; should be like rate(7 days), or cron(MINUTE HOUR DAY "
            "MONTH WEEKDAY YEAR)",
        ),
        (
            "{recipe: hrnn, retraining: {training: UPDATE}}",
            "{solution: a}",
            "solutions.a.retraining.training: 'UPDATE' given; hrnn does not take it; it is for user-personalization",
        ),
        (
            "{recipe: hrnn, retraining: {gate: {precision: 0.1}}}",
            "{solution: a}",
            "solutions.a.retraining.gate.precision: 'precision' given; should be 'coverage', ",
        ),
        (
            "{recipe: hrnn, retraining: {gate: {coverage: 5}}}",
            "{solution: a}",
            "solutions.a.retraining.gate.coverage: 5 given; should be less than or equal to 1",
        ),
        (
            "{recipe: hrnn, retraining: {import: FULL}}",
            "{solution: a}",
            "solutions.b.retraining.import: 'INCREMENTAL' given; solutions.a.retraining has 'FULL', and the files are "
            "the same ones; give both the same",
        ),
    ],
)
def test_retraining_is_alone_in_training_and_promoting(problems, solution, campaign, expected):
    both = f"solutions: {{a: {solution}, b: {{recipe: hrnn, retraining: {{}}}}}}\n"
    (problem,) = told(problems, f"{SHOP}{both}campaigns: {{c: {campaign}, d: {{solution: b}}}}\n")
    assert problem.startswith(expected)


def test_what_contradicts_retraining_is_told_with_its_line(problems):
    solution = "solutions:\n  a:\n    recipe: hrnn\n    auto_training_days: 7\n    retraining: {}\n"
    text = f"{SHOP}{solution}campaigns: {{c: {{solution: a}}}}\n"
    (problem,) = problems(text)
    assert f":{text.splitlines().index('    retraining: {}') + 1}: " in problem
