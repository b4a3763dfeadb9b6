"""Each kind of problem, with its line and its text."""

import pytest

from personalize_stack.config.model import Declaration
from personalize_stack.config.solutions import Solution

ALLOWED_KEYS = ", ".join(Declaration.model_fields)
SEEN = "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ('*')".replace("'", '"')


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("campains: {}", f"campains: no such key; allowed: {ALLOWED_KEYS}; did you mean campaigns?"),
        ("event_tracker: maybe", "event_tracker: 'maybe' given; should be a valid boolean or a mapping"),
        ("retain_data: 1", "retain_data: 1 given; should be a valid boolean"),
        ("retired_recipes: keep", "retired_recipes: 'keep' given; should be 'successor' or 'refuse'"),
        ("max_training_hours: 121", "max_training_hours: 121 given; should be less than or equal to 120"),
        ("max_training_hours: 1.5", "max_training_hours: 1.5 given; should be a valid integer"),
        ("max_import_hours: '2'", "max_import_hours: '2' given; should be a valid integer"),
        ("prepared:", "prepared: nothing given; should be a valid string"),
        ("account: 123456789012", "account: 123456789012 given; should be a valid string"),
        ("account: '1234'", "account: '1234' given; should match pattern '^[0-9]{12}$'"),
        ("region: Frankfurt", "region: 'Frankfurt' given; should match pattern '^[a-z]{2}(-[a-z]+)+-[0-9]$'"),
        ("tags: {aws:team: x}", "tags.aws:team: the prefix aws: is reserved; choose another key"),
        ("tags: {team: 3}", "tags.team: 3 given; should be a valid string"),
        ("tags: {team: a&b}", "tags.team: 'a&b' given; should match pattern '^[\\w .:/=+@-]*$'"),
        ("tags: [team]", "tags: ['team'] given; should be a mapping"),
        ("filters: {unseen: ''}", "filters.unseen: '' given; should have at least 1 character"),
        (
            f"filters: {{unseen: {'x' * 2501}}}",
            "filters.unseen: 'xxxxxxxxxxxx...xxxxxxxxxxxxx' given; should have at most 2500 characters",
        ),
        (
            f"filters: {{Not Seen: {SEEN}}}",
            "filters.Not Seen: 'Not Seen' given; should match pattern '^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$'",
        ),
        ("solutions: {a: {}}", "solutions.a.recipe: missing; this key is required, or auto_ml"),
        ("solutions: {a: {recipe: 3}}", "solutions.a.recipe: 3 given; should be a valid string"),
        ("solutions: {a: {recipe: [hrnn]}}", "solutions.a.recipe: ['hrnn'] given; should be a valid string"),
        (
            "solutions: {a: {recipe: hrn}}",
            "solutions.a.recipe: 'hrn' given; no such recipe; allowed: hrnn, hrnn-metadata, hrnn-coldstart, "
            "user-personalization, user-personalization-v2, personalized-ranking, personalized-ranking-v2, "
            "popularity-count, trending-now, similar-items, sims, semantic-similarity, next-best-action, "
            "item-affinity, item-attribute-affinity; "
            "did you mean hrnn?",
        ),
        (
            "solutions: {a: {recipe: hrnn, hyperparameter: {}}}",
            f"solutions.a.hyperparameter: no such key; allowed: {', '.join(Solution.model_fields)}; "
            "did you mean hyperparameters?",
        ),
        (
            "solutions: {a: {recipe: sims, hyperparameters: {hidden_dimension: 64}}}",
            "solutions.a.hyperparameters.hidden_dimension: not in the hyperparameters of sims; "
            "allowed: popularity_discount_factor, min_cointeraction_count",
        ),
        (
            "solutions: {a: {recipe: popularity-count, hyperparameters: {bptt: 8}}}",
            "solutions.a.hyperparameters.bptt: not in the hyperparameters of popularity-count; allowed: none",
        ),
        (
            "solutions: {a: {recipe: hrnn, hyperparameters: {bptt: 64}}}",
            "solutions.a.hyperparameters.bptt: 64 given; should be a whole number from 2 to 32 (default 32)",
        ),
        (
            "solutions: {a: {recipe: hrnn, hyperparameters: {bptt: 8.5}}}",
            "solutions.a.hyperparameters.bptt: 8.5 given; should be a whole number from 2 to 32 (default 32)",
        ),
        (
            "solutions: {a: {recipe: hrnn, hyperparameters: {recency_mask: sometimes}}}",
            "solutions.a.hyperparameters.recency_mask: 'sometimes' given; should be True or False (default True)",
        ),
        (
            "solutions: {a: {recipe: hrnn, hyperparameters: {bptt: [8]}}}",
            "solutions.a.hyperparameters.bptt: [8] given; should be a valid string",
        ),
        (
            "solutions: {a: {recipe: sims, featurization: {max_user_history_length_percentile: 99}}}",
            "solutions.a.featurization.max_user_history_length_percentile: 99 given; "
            "should be a number from 0 to 1 (default 0.995)",
        ),
        (
            "solutions: {a: {recipe: hrnn-coldstart, featurization: {cold_start_max_interactions: 0}}}",
            "solutions.a.featurization.cold_start_max_interactions: 0 given; "
            "should be a whole number from 1 (default 15)",
        ),
        (
            "solutions: {a: {recipe: trending-now, featurization: {trend_discovery_frequency: weekly}}}",
            "solutions.a.featurization.trend_discovery_frequency: 'weekly' given; "
            "should be 30 minutes, 1 hour, 2 hours, 3 hours or 1 day (default 2 hours)",
        ),
        (
            "solutions: {a: {recipe: user-personalization-v2, event_type: rating}}",
            "solutions.a.event_type: 'rating' given; user-personalization-v2 does not take it; it is for hrnn, "
            "hrnn-metadata, hrnn-coldstart, user-personalization, personalized-ranking, popularity-count, "
            "trending-now, similar-items, sims, item-affinity, item-attribute-affinity",
        ),
        (
            "solutions: {a: {recipe: item-attribute-affinity}}",
            "solutions.a.recipe: item-attribute-affinity learns from items too, which datasets does not have",
        ),
        (
            "campaigns: {a: {solution: popular}}",
            "campaigns.a.solution: 'popular' given; no such solution; allowed: none",
        ),
        ("campaigns: {a: {}}", "campaigns.a.solution: missing; this key is required"),
        ("campaigns: {a: {solution: [b]}}", "campaigns.a.solution: ['b'] given; should be a valid string"),
        ("campaigns: {a: }", "campaigns.a: nothing given; should be a mapping"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_what_is_allowed(problems_of, more, expected):
    assert problems_of(more) == [f"films.yaml:6: {expected}"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "campaigns: {a: {solution: b, min_provisioned_tps: true}}",
            "campaigns.a.min_provisioned_tps: True given; should be a valid integer",
        ),
        ("campaigns: {a: {solution: c}}", "campaigns.a.solution: 'c' given; no such solution; allowed: b, affinity"),
        (
            "campaigns: {a: {solution: affinities}}",
            "campaigns.a.solution: 'affinities' given; no such solution; allowed: b, affinity; did you mean affinity?",
        ),
        (
            "campaigns: {a: {solution: affinity}}",
            "campaigns.a.solution: 'affinity' given; its recipe item-affinity is not for campaigns",
        ),
        (
            "campaigns: {a: {solution: b}, c: {solution: b}, d: {solution: b}, e: {solution: b}, f: {solution: b}, "
            "g: {solution: b}}",
            "campaigns: 6 entries given; a dataset group may have 5; leave some out, or say in quotas.campaigns what "
            "AWS has raised this to",
        ),
    ],
)
def test_a_campaign_serves_a_solution_that_can_be_served(problems_of, more, expected):
    solutions = "solutions: {b: {recipe: hrnn}, affinity: {recipe: item-affinity}}\n"

    assert problems_of(solutions + more) == [f"films.yaml:7: {expected}"]


def test_more_solutions_than_a_dataset_group_may_have_are_refused(problems_of):
    solutions = "solutions:\n" + "".join(f"  {name}: {{recipe: hrnn}}\n" for name in "abcdefghijk")

    (problem,) = problems_of(solutions)

    assert problem == (
        "films.yaml:6: solutions: 11 entries given; a dataset group may have 10; leave some out, "
        "or say in quotas.solutions what AWS has raised this to"
    )


@pytest.mark.parametrize(
    ("dataset", "line", "expected"),
    [
        (
            "items: {source: a.csv, columns: {USER_ID: u, X: x}}",
            3,
            "datasets.interactions: missing; every project learns from interactions",
        ),
        (
            "item: {source: a.csv, columns: {ITEM_ID: i, X: x}}",
            4,
            "datasets.item: 'item' given; should be 'interactions', 'items', 'users', 'actions' or "
            "'action_interactions'",
        ),
        ("users: {columns: {USER_ID: u, X: x}}", 4, "datasets.users.source: missing; this key is required"),
        (
            "users: {source: [], columns: {USER_ID: u, X: x}}",
            4,
            "datasets.users.source: [] given; should have at least 1 item, not 0",
        ),
        ("users: {source: 3, columns: {USER_ID: u, X: x}}", 4, "datasets.users.source: 3 given; should be a list"),
        (
            "users: {source: a.csv, columns: {X: x}}",
            4,
            "datasets.users.columns: users needs the columns ['USER_ID'], got ['X']",
        ),
        (
            "users: {source: a.csv, columns: {USER_ID: u, A-B: x}}",
            4,
            "datasets.users.columns.A-B: a name has letters, digits and underscores only",
        ),
        (
            "users: {source: a.csv, columns: {USER_ID: {column: u, nullable: true}, X: x}}",
            4,
            "datasets.users.columns.USER_ID: this column cannot be null",
        ),
        (
            "users: {source: a.csv, columns: {USER_ID: u, X: {column: x, value: 3}}}",
            4,
            "datasets.users.columns.X: {'column': 'x', 'value': 3} given; "
            "exactly one of column, value and sql is needed, got column and value",
        ),
        (
            "users: {source: a.csv, columns: {USER_ID: u, X: {column: x, typ: int}}}",
            4,
            "datasets.users.columns.X.typ: no such key; allowed: column, value, sql, type, categorical, textual, "
            "item_name, nullable, missing, map, keep, drop, thresholds, separator, clean, decimal, unit, formats, "
            "zone, min, max; did you mean type?",
        ),
        (
            "users: {source: a.csv, columns: {USER_ID: u, X: {value: [1]}}}",
            4,
            "datasets.users.columns.X.value: [1] given; "
            "should be a valid string or a valid integer or a valid number or a valid boolean",
        ),
    ],
)
def test_a_wrong_dataset_is_told_with_its_line(problems, dataset, line, expected):
    interactions = "interactions: {source: a.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}"
    others = "" if "every project" in expected else f"  {interactions}"
    text = f"project: films\n# a comment counts as a line\ndatasets:\n  {dataset}\n{others}"

    assert f"films.yaml:{line}: {expected}" in problems(text)


@pytest.mark.parametrize(
    ("key", "value", "column"), [("event_type", "View", "EVENT_TYPE"), ("event_value_threshold", "3", "EVENT_VALUE")]
)
def test_learning_from_some_events_needs_their_column(problems, key, value, column):
    text = f"""\
    project: films
    datasets: {{interactions: {{source: a.csv, columns: {{USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}}}}}
    solutions: {{a: {{recipe: hrnn, {key}: {value}}}}}
    """

    (problem,) = problems(text)

    assert problem.endswith(f"given; it needs the column {column} in datasets.interactions")


def test_everything_is_told_at_once_in_the_order_of_the_file(problems):
    text = """\
    project: My Films
    datasets:
      interactions:
        source: ratings.csv
        columns: {USER_ID: user, ITEM_ID: film, TIMESTAMP: {column: at, type: string}}
    solutions:
      a:
        recipe: hrnn
        hyperparameters:
          bptt: 64
          width: 3
    campaigns:
      b: {solution: c, min_provisioned_tps: 0}
    filters: {unseen: ''}
    environments:
      dev:
        max_import_hours: 0
        campaigns: {b: {colour: red}}
    """

    assert [problem.split(": ")[:2] for problem in problems(text)] == [
        ["films.yaml:1", "project"],
        ["films.yaml:5", "datasets.interactions.columns.TIMESTAMP"],
        ["films.yaml:10", "solutions.a.hyperparameters.bptt"],
        ["films.yaml:11", "solutions.a.hyperparameters.width"],
        ["films.yaml:13", "campaigns.b.min_provisioned_tps"],
        ["films.yaml:13", "campaigns.b.solution"],
        ["films.yaml:14", "filters.unseen"],
        ["films.yaml:17", "max_import_hours"],
        ["films.yaml:18", "campaigns.b.colour"],
    ]
