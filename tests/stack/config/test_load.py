"""From the file to the project: defaults, environments, and YAML that cannot be read."""

from pathlib import Path

import pytest

from personalize_stack.config.errors import ConfigError
from personalize_stack.config.load import load, load_all
from personalize_stack.config.serving import Campaign
from personalize_stack.config.solutions import Solution

EXAMPLE = Path(__file__).parents[3] / "examples" / "movielens" / "personalize.yaml"


def test_what_is_not_declared_has_its_default(project, tmp_path):
    films = project()

    assert films.model_dump(exclude={"datasets"}) == {
        "project": "films",
        "prepared": "prepared",
        "prep": {"engine": "duckdb", "workers": 5, "worker_type": "G.1X", "max_hours": 4, "out": None},
        "domain": None,
        "dataset_group": None,
        "solutions": {},
        "campaigns": {},
        "recommenders": {},
        "event_tracker": False,
        "filters": {},
        "metric_attribution": None,
        "batch_inference": {},
        "batch_segments": {},
        "exports": {},
        "data_deletions": {},
        "watch": None,
        "budget": None,
        "pipeline": None,
        "notify": [],
        "retired_recipes": "successor",
        "max_training_hours": 6,
        "max_import_hours": 2,
        "production": False,
        "retain_data": False,
        "tags": {},
        "quotas": {"solutions": 10, "campaigns": 5, "recommenders": 5, "filters": 30},
        "account": None,
        "region": None,
        "root": tmp_path,
        "environment": "dev",
    }
    assert list(films.datasets) == ["interactions"]


def test_the_example_declares_two_solutions_and_their_campaigns():
    movielens = load(EXAMPLE, "prod")

    assert movielens.solutions == {
        "hrnn": Solution(recipe="aws-hrnn", hyperparameters={"hidden_dimension": "64"}),
        "popular": Solution(recipe="aws-popularity-count"),
    }
    assert movielens.campaigns == {
        "hrnn": Campaign(solution="hrnn", min_provisioned_tps=2),
        "popular": Campaign(solution="popular"),
    }
    assert movielens.filters == {"unseen": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'}
    assert movielens.event_tracker
    assert movielens.root == EXAMPLE.parent


def test_all_environments_are_loaded_at_once():
    assert [project.environment for project in load_all(EXAMPLE)] == ["dev", "prod"]


@pytest.mark.parametrize(
    ("recipe", "given", "sent"),
    [
        (
            "hrnn",
            "{hidden_dimension: 64, bptt: '8', recency_mask: true}",
            {"hidden_dimension": "64", "bptt": "8", "recency_mask": "True"},
        ),
        ("user-personalization-v2", "{apply_recency_bias: TRUE}", {"apply_recency_bias": "true"}),
        ("sims", "{popularity_discount_factor: 0.25}", {"popularity_discount_factor": "0.25"}),
    ],
)
def test_hyperparameters_become_text_as_the_service_spells_it(project, recipe, given, sent):
    solutions = project(f"solutions: {{a: {{recipe: {recipe}, hyperparameters: {given}}}}}").solutions

    assert solutions["a"].hyperparameters == sent
    assert solutions["a"].recipe == f"aws-{recipe}"


def test_a_recipe_may_have_its_full_name(project):
    assert project("solutions: {a: {recipe: aws-hrnn}}").solutions["a"].recipe == "aws-hrnn"


OVERRIDES = """\
solutions: {a: {recipe: hrnn, event_type: rating, hyperparameters: {bptt: 8, hidden_dimension: 64}}}
campaigns: {a: {solution: a}}
tags: {team: films}
environments:
  dev:
  prod:
    retain_data: true
    solutions: {a: {event_type: null, hyperparameters: {bptt: 16}}}
    campaigns: {b: {solution: a, min_provisioned_tps: 3}, a: null}
    datasets: {interactions: {source: [one.csv, two.csv]}}
"""


def test_an_environment_is_merged_over_the_rest(project):
    prod = project(OVERRIDES, "prod")

    assert prod.environment == "prod"
    assert prod.retain_data
    assert prod.tags == {"team": "films"}
    assert prod.solutions["a"].hyperparameters == {"bptt": "16", "hidden_dimension": "64"}
    assert [source.path for source in prod.datasets["interactions"].source] == ["one.csv", "two.csv"]


def test_null_takes_away_what_an_environment_does_not_have(project):
    prod = project(OVERRIDES, "prod")

    assert prod.solutions["a"].event_type is None
    assert list(prod.campaigns) == ["b"]


def test_an_empty_environment_changes_nothing(project):
    dev = project(OVERRIDES, "dev")

    assert dev.solutions["a"].event_type == "rating"
    assert list(dev.campaigns) == ["a"]
    assert not dev.retain_data


def test_an_unknown_environment_is_refused_with_those_that_exist(problems_of):
    assert problems_of(OVERRIDES, "prd") == [
        "films.yaml:9: environments: 'prd' given; no such environment; allowed: dev, prod; did you mean prod?"
    ]


def test_without_environments_there_is_dev_only(problems_of):
    assert problems_of("", "prod") == ["films.yaml:1: environments: 'prod' given; no such environment; allowed: dev"]


def test_a_problem_of_an_overridden_value_has_the_line_of_the_override(problems_of):
    more = """\
    solutions: {a: {recipe: hrnn}}
    campaigns: {a: {solution: a, min_provisioned_tps: 1}}
    environments:
      dev:
        campaigns:
          a:
            min_provisioned_tps: 0
    """

    assert problems_of(more) == [
        "films.yaml:12: campaigns.a.min_provisioned_tps: 0 given; should be greater than or equal to 1"
    ]


def test_an_unknown_key_of_an_environment_is_refused_even_when_it_takes_away(problems_of):
    (problem,) = problems_of("environments: {dev: {campaign: null}}")

    assert problem.startswith("films.yaml:6: campaign: no such key; allowed: project, prepared")
    assert problem.endswith("; did you mean campaigns?")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "environments: [dev]",
            "environments: ['dev'] given; should be names of environments with what each overrides",
        ),
        ("environments: {dev: 3}", "environments.dev: 3 given; should be keys with values"),
        (
            "environments: {dev: {}, dev-eu: {}}",
            "environments.dev-eu: 'dev-eu' begins as 'dev' does, and so would the names of what they hold; "
            "call it otherwise",
        ),
        (
            "environments: {dev: {}, My_Prod: {}}",
            "environments.My_Prod: 'My_Prod' given; should match pattern '^[a-z][a-z0-9-]{0,11}$'",
        ),
    ],
)
def test_malformed_environments_are_refused(problems_of, more, expected):
    assert problems_of(more) == [f"films.yaml:6: {expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b\n", ["films.yaml:1: ['a', 'b'] given; should be keys with values"]),
        (
            "project: films\nproject: other\ntags: {a: b, a: c}\n",
            [
                "films.yaml:2: project: given twice, first in line 1",
                "films.yaml:3: tags.a: given twice, first in line 3",
            ],
        ),
        (
            "project: [films\n",
            [
                "films.yaml:2: not valid YAML: while parsing a flow sequence, "
                "expected ',' or ']', but got '<stream end>'"
            ],
        ),
        (
            "project: films\ntags: !!python/name:os.system x\n",
            [
                "films.yaml:2: not valid YAML: could not determine a constructor for the tag "
                "'tag:yaml.org,2002:python/name:os.system'"
            ],
        ),
        ("tags: &tags\n  again: *tags\n", ["films.yaml:1: not valid YAML: an alias stands inside its own anchor"]),
        (
            "project: films\n---\nproject: films\n",
            ["films.yaml:2: not valid YAML: expected a single document in the stream, but found another document"],
        ),
        (
            "project: \x07\n",
            ["films.yaml: not valid YAML: unacceptable character #x0007: special characters are not allowed"],
        ),
    ],
)
def test_what_is_no_usable_yaml_is_told(problems, text, expected):
    assert problems(text) == expected


def test_a_missing_file_is_told():
    with pytest.raises(ConfigError) as refused:
        load(Path("nowhere.yaml"))

    assert str(refused.value) == (
        "nowhere.yaml: the configuration cannot be read: No such file or directory; name another file with -f"
    )


def test_a_file_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "films.yaml"
    path.write_bytes("project: ciné".encode("latin-1"))

    with pytest.raises(ConfigError, match="the configuration must be UTF-8 text"):
        load(path)


def test_an_empty_file_lacks_what_is_required(problems):
    assert problems("") == [
        "films.yaml:1: project: missing; this key is required",
        "films.yaml:1: datasets.interactions: missing; every project learns from interactions",
    ]


def test_a_date_stays_text(project):
    assert project("tags: {since: 2020-01-31}").tags == {"since": "2020-01-31"}
