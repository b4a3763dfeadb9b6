"""The next best action."""

import pytest

from .conftest import START

DEEDS = {"USER_ID": "string", "ACTION_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"}
RECIPE = "aws-next-best-action"


def deeds():
    """Everybody is shown everything: half of them join, few subscribe; "eager" takes all; nobody knows "rare" yet."""
    rows = [
        (f"u{user}", action, "Taken" if user % often == 0 else "Not Taken", START + 10 * user)
        for user in range(600)
        for action, often in (("join", 2), ("subscribe", 8))
    ]
    eager = [("eager", "join", "Taken", START + number) for number in range(30)]
    return [*rows, *eager, ("u1", "rare", "Taken", START)]


@pytest.fixture(scope="module")
def lab(make_lab):
    lab = make_lab()
    group = lab.filled_group()
    actions = lab.dataset(group, "Actions", {"ACTION_ID": "string", "COST": "int"})
    lab("PutActions", datasetArn=actions, actions=[{"actionId": "new", "properties": '{"cost": 9}'}])
    known = [{"actionId": name, "properties": '{"cost": 1}'} for name in ("join", "subscribe")]
    lab("PutActions", datasetArn=actions, actions=known)
    schema = lab.schema("ActionInteractions", DEEDS)
    created = lab(
        "CreateDataset", name="deeds", schemaArn=schema, datasetGroupArn=group, datasetType="Action_Interactions"
    )
    lab.wait()
    job = lab.import_file(created["datasetArn"], lab.upload(deeds(), DEEDS, "deeds.csv"), "deeds")
    assert job["status"] == "ACTIVE", job
    lab.campaign(lab.version(lab.solution(group, RECIPE, "actions")), "actions")
    return lab


def answered(lab, user, **request):
    arn = lab.arn("campaign/actions")
    shown = lab("GetActionRecommendations", campaignArn=arn, userId=user, **request)["actionList"]
    return {action["actionId"]: action["score"] for action in shown}


def test_what_is_taken_more_often_is_likelier(lab):
    scores = answered(lab, "a stranger")
    assert list(scores)[:2] == ["join", "subscribe"]
    assert scores["join"] == pytest.approx(0.5, abs=0.1)
    assert scores["subscribe"] == pytest.approx(0.125, abs=0.05)


def test_actions_that_little_is_known_of_have_no_chance_yet(lab):
    scores = answered(lab, "a stranger")
    assert (scores["rare"], scores["new"]) == (0.0, 0.0)


def test_who_takes_much_will_take_more(lab):
    assert answered(lab, "eager")["subscribe"] > answered(lab, "a stranger")["subscribe"]


def test_an_event_counts_at_once(lab):
    before = answered(lab, "curious")["join"]
    dataset = lab("DescribeDataset", datasetArn=lab.arn("dataset/films/ACTION_INTERACTIONS"))["dataset"]
    event = {"actionId": "join", "userId": "curious", "sessionId": "s", "eventType": "Not Taken"}
    events = [event | {"timestamp": START + number} for number in range(5)]
    lab("PutActionInteractions", trackingId=dataset["trackingId"], actionInteractions=events)
    assert answered(lab, "curious")["join"] < before


def test_filters_of_actions_apply_and_those_of_items_do_not(lab):
    group = lab.arn("dataset-group/films")
    made = {
        name: lab("CreateFilter", name=name, datasetGroupArn=group, filterExpression=expression)["filterArn"]
        for name, expression in {
            "cheap": "INCLUDE ActionID WHERE Actions.COST < 5",
            "untaken": 'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("Taken")',
            "items": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        }.items()
    }
    lab.wait()
    assert set(answered(lab, "a stranger", filterArn=made["cheap"])) == {"join", "subscribe"}
    assert "join" not in answered(lab, "eager", filterArn=made["untaken"])
    arn = lab.arn("campaign/actions")
    assert lab.refusal("GetActionRecommendations", campaignArn=arn, userId="u1", filterArn=made["items"]) == (
        "InvalidInputException",
        "recommendations of actions take filters of ActionID only",
    )


@pytest.mark.parametrize(
    ("operation", "request_", "problem"),
    [
        ("GetActionRecommendations", {}, "userId is required for aws-next-best-action, a recipe of type PERS"),
        ("GetActionRecommendations", {"userId": "u1", "numResults": 101}, "numResults can be at most 100, got 101."),
        ("GetRecommendations", {"userId": "u1"}, "The recipe is of type PERSONALIZED_ACTIONS; use GetActionRec"),
    ],
)
def test_requests_that_do_not_fit_are_refused(lab, operation, request_, problem):
    code, message = lab.refusal(operation, campaignArn=lab.arn("campaign/actions"), **request_)
    assert (code, message[: len(problem)]) == ("InvalidInputException", problem)


def test_actions_are_needed_to_train(make_lab):
    lab = make_lab()
    group = lab.filled_group()
    assert lab.refusal("CreateSolutionVersion", solutionArn=lab.solution(group, RECIPE, "actions")) == (
        "InvalidInputException",
        f"Dataset group {group} has no Actions dataset to train with.",
    )
