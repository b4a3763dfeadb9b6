"""What only recommenders can: be stopped and started, and train for longer than a leg of a relay."""

import pytest

from .simulation import DeploymentFailed, describe

SECOND = "minRecommendationRequestsPerSecond"


@pytest.fixture
def properties(templates):
    return lambda **more: templates.properties("Recommender", LegSeconds=3_000, Last=True, **more)


def status(personalize, recommender):
    return describe(personalize, recommender)["status"]


@pytest.mark.parametrize(
    ("running", "state"), [({}, "ACTIVE"), ({"Running": True}, "ACTIVE"), ({"Running": False}, "INACTIVE")]
)
def test_a_new_one_is_as_it_shall_be(running, state, cloudformation, properties, personalize):
    assert status(personalize, cloudformation.create("Recommender", properties(**running))) == state


def test_it_is_stopped_and_started_in_place(cloudformation, properties, personalize):
    created = cloudformation.create("Recommender", properties(Running=True))

    stopped = cloudformation.update(created, properties(Running=False))
    assert (status(personalize, stopped), stopped.data) == ("INACTIVE", created.data)

    started = cloudformation.update(stopped, properties(Running=True))
    assert (status(personalize, started), started.data) == ("ACTIVE", created.data)


def test_what_was_stopped_outside_stays_stopped(cloudformation, properties, personalize, clock):
    created = cloudformation.create("Recommender", properties(Running=True))
    personalize.stop_recommender(recommenderArn=created.physical_id)
    clock.advance(3_600)

    updated = cloudformation.update(created, properties(Running=True, recommenderConfig={SECOND: 2}))

    assert status(personalize, updated) == "INACTIVE"
    assert describe(personalize, updated)["recommenderConfig"][SECOND] == 2


def test_a_capacity_that_was_scaled_outside_survives_a_change_beside_it(cloudformation, properties, personalize, clock):
    config = {SECOND: 1, "enableMetadataWithRecommendations": False}
    created = cloudformation.create("Recommender", properties(recommenderConfig=config))
    scaled = {**config, SECOND: 7}
    personalize.update_recommender(recommenderArn=created.physical_id, recommenderConfig=scaled)
    clock.advance(3_600)

    cloudformation.update(created, properties(recommenderConfig={**config, "enableMetadataWithRecommendations": True}))

    assert describe(personalize, created)["recommenderConfig"] == {SECOND: 7, "enableMetadataWithRecommendations": True}


@pytest.mark.parametrize("change", ["stop_recommender", "start_recommender"])
def test_a_delete_waits_until_it_is_stopped_or_started(change, cloudformation, properties, personalize):
    created = cloudformation.create("Recommender", properties(Running=change == "stop_recommender"))
    getattr(personalize, change)(recommenderArn=created.physical_id)

    cloudformation.delete(created)

    assert describe(personalize, created) is None


def test_one_that_is_stopped_is_deleted(cloudformation, properties, personalize):
    created = cloudformation.create("Recommender", properties(Running=False))

    cloudformation.delete(created)

    assert describe(personalize, created) is None


def test_the_last_leg_stops_it_where_the_first_had_no_time_to(cloudformation, templates, personalize):
    first = cloudformation.create("Recommender", templates.properties("Recommender", LegSeconds=600, Running=False))
    assert status(personalize, first) == "CREATE IN_PROGRESS"
    leg = {"Parameters": {"arn": first.physical_id}, "LegSeconds": 3_000, "Last": True, "Running": False}

    cloudformation.create("Wait", leg)

    assert status(personalize, first) == "INACTIVE"


def test_a_rollback_waits_with_all_legs_until_one_that_is_being_made_can_be_deleted(
    cloudformation, templates, personalize
):
    first = cloudformation.create("Recommender", templates.properties("Recommender", LegSeconds=60))
    leg = {"Parameters": {"arn": first.physical_id}, "LegSeconds": 1_200}
    legs = [cloudformation.create("Wait", {**leg, "LegSeconds": 60}) for _ in range(2)]
    assert status(personalize, first) == "CREATE IN_PROGRESS"

    for waited in reversed(legs):
        cloudformation.delete(waited.with_properties(leg))
    cloudformation.delete(first)

    assert describe(personalize, first) is None


def test_a_failed_training_names_its_reason(cloudformation, properties, faults):
    faults.fail("Recommender", "Dataset has fewer than 1000 interactions")
    arn = "arn:aws:personalize:eu-west-1:123456789012:recommender/films-dev-hrnn-[0-9a-f]{8}"

    with pytest.raises(DeploymentFailed, match=f"{arn} is CREATE FAILED: Dataset has fewer than 1000 interactions"):
        cloudformation.create("Recommender", properties())
