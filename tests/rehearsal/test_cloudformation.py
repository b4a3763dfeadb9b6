"""Whole stacks in virtual time: what stands side by side, what is replaced, what a failure leaves."""

import json

import pytest

from personalize_local.rehearsal.cloudformation import DeploymentFailed
from personalize_local.rehearsal.faults import SHORT, OneFault, changed
from personalize_local.rehearsal.paths import critical_path
from personalize_local.rehearsal.rehearsal import Rehearsal
from personalize_local.rehearsal.template import Template, UnknownFunction
from personalize_local.service.profiles import AWS


@pytest.fixture(params=["video", "personalize"])
def either(request, scene):
    return scene(request.param)


@pytest.fixture
def rehearse():
    """Makes rehearsals of a scene."""
    made = []

    def make(scene, profile=SHORT, between=lambda dispatch: dispatch):
        made.append(Rehearsal(scene.assembly, scene.stack, profile, between))
        return made[-1]

    yield make
    for rehearsal in made:
        rehearsal.close()


def test_everything_is_made_and_nothing_is_left(either, rehearse):
    rehearsal = rehearse(either)

    rehearsal.stack.deploy(rehearsal.template)
    assert rehearsal.stack.resources.keys() == rehearsal.template.resources.keys()
    assert len(rehearsal.left()) > 5

    rehearsal.stack.destroy()
    assert rehearsal.left() == []


def test_a_deploy_takes_no_longer_than_its_critical_path_and_a_tenth(either, rehearse):
    rehearsal = rehearse(either, AWS)

    rehearsal.stack.deploy(rehearsal.template)

    ideal, path = critical_path(rehearsal.template, AWS)
    assert len(path) > 5
    assert ideal <= max(span.ended for span in rehearsal.stack.spans) <= 1.1 * ideal


def test_the_same_again_calls_nothing(either, rehearse):
    counter = OneFault()
    rehearsal = rehearse(either, between=counter.between)
    rehearsal.stack.deploy(rehearsal.template)
    counter.arm()

    rehearsal.stack.deploy(rehearsal.template)

    assert (counter.calls, rehearsal.stack.spans) == (0, [])


def test_an_update_changes_in_place_what_the_api_can_change(scene, rehearse):
    rehearsal = rehearse(scene("video"))
    rehearsal.stack.deploy(rehearsal.template)
    before = rehearsal.left()

    rehearsal.stack.deploy(changed(rehearsal.template))

    after = rehearsal.left()
    assert {arn.split(":")[-1].split("/")[0] for arn in set(after) ^ set(before)} == {"filter", "schema"}
    shown = [
        rehearsal.service.dispatch("DescribeRecommender", {"recommenderArn": arn})["recommender"]
        for arn in after
        if ":recommender/" in arn
    ]
    assert all(recommender["recommenderConfig"]["minRecommendationRequestsPerSecond"] >= 2 for recommender in shown)
    assert {recommender["status"] for recommender in shown} >= {"INACTIVE"}  # those that ran were stopped


def test_an_update_makes_anew_what_it_cannot_and_cleans_up(scene, rehearse):
    rehearsal = rehearse(scene("personalize"))
    rehearsal.stack.deploy(rehearsal.template)
    before = rehearsal.left()

    rehearsal.stack.deploy(changed(rehearsal.template))

    after = rehearsal.left()
    assert {arn.split(":")[-1].split("/")[0] for arn in set(after) ^ set(before)} == {"filter", "schema", "solution"}
    assert len(after) == len(before)


def test_another_schema_of_interactions_moves_everything_to_a_new_group(scene, rehearse):
    """The service cannot change that schema, so the group is made anew beside the old one, which goes in the end."""
    rehearsal = rehearse(scene("video"))
    rehearsal.stack.deploy(rehearsal.template)
    before = rehearsal.left()
    resources = json.loads(json.dumps(rehearsal.template.resources))
    for resource in resources.values():
        if resource["Type"] == "Custom::PersonalizeDatasetGroup":
            resource["Properties"]["Generation"] = "another"

    rehearsal.stack.deploy(Template(rehearsal.template.name, resources))

    after = rehearsal.left()
    remaining = set(after) & set(before)
    assert {arn.split(":")[-1].split("/")[0] for arn in remaining} == {"schema"}
    assert len(after) == len(before)
    rehearsal.stack.destroy()
    assert rehearsal.left() == []


def test_a_failure_leaves_nothing_and_tells_the_reason(scene, rehearse):
    made = []

    def between(dispatch):
        def failing(operation, request):
            answer = dispatch(operation, request)
            if operation == "CreateRecommender":
                made[0].service.fail(answer["recommenderArn"], "no capacity")
            return answer

        return failing

    rehearsal = rehearse(scene("video"), between=between)
    made.append(rehearsal)

    with pytest.raises(DeploymentFailed, match="is CREATE FAILED: no capacity"):
        rehearsal.stack.deploy(rehearsal.template)

    assert rehearsal.left() == []


def test_a_function_that_is_not_known_is_named():
    template = Template("films", {"A": {"Type": "AWS::S3::Bucket", "Properties": {"Name": {"Fn::Cidr": []}}}})

    with pytest.raises(UnknownFunction, match="Fn::Cidr"):
        template.resolved("A", {})
