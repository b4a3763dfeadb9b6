from itertools import islice

import pytest
from botocore.session import get_session

from custom_resources.errors import InvalidRequest
from custom_resources.kinds import KINDS
from custom_resources.parameters import covers, numbered, physical_name, put, restore, value_at, without


@pytest.fixture(scope="module")
def model():
    return get_session().get_service_model("personalize")


def shape(model, operation):
    return model.operation_model(operation).input_shape


def test_numbers_and_booleans_are_restored_where_the_model_has_them(model):
    given = {
        "minProvisionedTPS": "2",
        "campaignConfig": {
            "enableMetadataWithRecommendations": "true",
            "itemExplorationConfig": {"explorationWeight": "0.3"},
            "rankingInfluence": {"POPULARITY": "0.5"},
        },
        "somethingNewer": "7",
    }

    assert restore(given, shape(model, "CreateCampaign")) == {
        "minProvisionedTPS": 2,
        "campaignConfig": {
            "enableMetadataWithRecommendations": True,
            "itemExplorationConfig": {"explorationWeight": "0.3"},  # a map of strings in the API
            "rankingInfluence": {"POPULARITY": 0.5},
        },
        "somethingNewer": "7",
    }


def test_lists_of_structures_are_restored(model):
    events = {"eventParametersList": [{"eventType": "Watch", "eventValueThreshold": "0.5", "weight": "1"}]}

    restored = restore({"solutionConfig": {"eventsConfig": events}}, shape(model, "CreateSolution"))

    assert value_at(restored, "solutionConfig.eventsConfig.eventParametersList") == [
        {"eventType": "Watch", "eventValueThreshold": 0.5, "weight": 1.0}
    ]


def test_values_that_have_their_type_stay(model):
    assert restore({"minProvisionedTPS": 2}, shape(model, "CreateCampaign")) == {"minProvisionedTPS": 2}


@pytest.mark.parametrize(
    ("operation", "given", "message"),
    [
        ("CreateCampaign", {"minProvisionedTPS": "many"}, "a parameter must be of type integer, got 'many'"),
        ("CreateSolution", {"performHPO": "perhaps"}, "a parameter must be of type boolean, got 'perhaps'"),
    ],
)
def test_a_value_of_another_type_is_refused(operation, given, message, model):
    with pytest.raises(InvalidRequest, match=message):
        restore(given, shape(model, operation))


def test_paths_reach_into_structures():
    values = {"a": {"b": 1, "c": 2}, "d": {"e": 3}, "f": 4}

    assert [value_at(values, path) for path in ("a.b", "f", "f.g", "x.y")] == [1, 4, None, None]
    assert without(values, ["a.b", "d.e", "f"]) == {"a": {"c": 2}}
    put(values, "d.x.y", 5)
    assert values["d"] == {"e": 3, "x": {"y": 5}}


def test_what_the_service_fills_in_does_not_count_as_a_difference():
    assert covers({"weight": 0.3, "filled": True}, {"weight": 0.3})
    assert not covers({"weight": 0.3}, {"weight": 0.3, "more": True})
    assert not covers(None, {"weight": 0.3})


def test_the_name_follows_from_all_that_cannot_be_changed():
    solution = {"recipeArn": "hrnn", "performAutoTraining": False, "solutionConfig": {"autoTrainingConfig": {"a": 1}}}

    def name(generation="", **changed):
        return physical_name(KINDS["Solution"], "films", solution | changed, generation)

    assert name() == name(performAutoTraining=True) == name(solutionConfig={}) == name(performAutoTraining="false")
    assert len({name(), name(recipeArn="sims"), name("2"), name(performHPO=True)}) == 4


def test_the_name_does_not_depend_on_types():
    """CloudFormation sends strings; a newer model of the API restores more of them."""
    filter_kind = KINDS["Filter"]

    assert physical_name(filter_kind, "f", {"a": True, "b": [1]}, "") == physical_name(
        filter_kind, "f", {"b": ["1"], "a": "true"}, ""
    )


def test_long_names_are_shortened_and_stay_apart():
    names = {physical_name(KINDS["Filter"], "a" * 80 + end, {}, "") for end in ("b", "c")}

    assert len(names) == 2
    assert all(len(f"{name}-99") <= 63 for name in names)


def test_names_are_numbered_from_the_second_on():
    assert list(islice(numbered("films"), 3)) == ["films", "films-2", "films-3"]
