import pytest

from personalize_local.service.job import Outcome

from .simulation import Deployed, DeploymentFailed, describe


@pytest.fixture
def training(cloudformation, templates):
    """A training that goes on: 35 minutes in all, 10 of them past."""
    return cloudformation.create("SolutionVersion", templates.properties("SolutionVersion", LegSeconds=600))


def leg(arn, *, last=False, seconds=600):
    return {"Parameters": {"arn": arn}, "LegSeconds": seconds, "Last": last}


def test_the_legs_of_a_relay_wait_for_the_training_together(cloudformation, training, personalize, clock):
    began = clock.now()

    second = cloudformation.create("Wait", leg(training.data["Arn"]))
    assert describe(personalize, training)["status"] == "CREATE IN_PROGRESS"
    assert clock.now() - began == 600
    last = cloudformation.create("Wait", leg(second.data["Arn"], last=True, seconds=3_000))

    assert describe(personalize, training)["status"] == "ACTIVE"
    assert last.data == {"Arn": training.physical_id}
    assert last.physical_id == training.physical_id


def test_a_leg_after_the_finish_is_done_at_once(cloudformation, training, clock):
    clock.advance(3_600)
    before = clock.now()

    cloudformation.create("Wait", leg(training.data["Arn"]))

    assert clock.now() == before


def test_a_leg_after_the_finish_costs_one_call(cloudformation, handler, training, faults, clock):
    clock.advance(3_600)
    faults.calls.clear()

    event = cloudformation.event("Create", Deployed("Wait", "Leg2", "", leg(training.data["Arn"])))
    begun = handler.on_event(event)

    assert [operation for operation, _ in faults.calls] == ["DescribeSolutionVersion"]
    assert begun["PhysicalResourceId"] == training.physical_id


def test_a_relay_survives_a_wait_of_24_hours(cloudformation, templates, personalize, faults, clock):
    """29 legs of 50 minutes, of which none waits longer than its hour."""
    version = templates.properties("SolutionVersion", LegSeconds=3_000)
    training = cloudformation.create("SolutionVersion", version)
    arn, began = training.data["Arn"], clock.now() - 3_000
    faults.show(arn, status="CREATE IN_PROGRESS")
    for number in range(2, 30):
        if clock.now() - began > 24 * 3_600 - 3_000:
            faults.show_truth(arn)
        before = clock.now()
        arn = cloudformation.create("Wait", leg(arn, seconds=3_000, last=number == 29)).data["Arn"]
        assert clock.now() - before <= 3_300

    assert clock.now() - began > 23 * 3_600
    assert describe(personalize, training)["status"] == "ACTIVE"


def test_the_last_leg_says_how_long_was_waited_and_the_state(cloudformation, training):
    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.create("Wait", leg(training.data["Arn"], last=True))

    assert str(failed.value).startswith(
        f"{training.physical_id} is not ready 20 minutes after it began: it is CREATE IN PROGRESS; allow it more time"
    )


def test_a_leg_fails_with_the_training(cloudformation, templates, trainer):
    trainer.outcomes.append(Outcome(failure="Dataset has fewer than 1000 interactions"))
    training = cloudformation.create("SolutionVersion", templates.properties("SolutionVersion", LegSeconds=600))

    with pytest.raises(DeploymentFailed, match="is CREATE FAILED: Dataset has fewer than 1000 interactions; correct"):
        cloudformation.create("Wait", leg(training.data["Arn"], seconds=3_000))


def test_a_leg_follows_to_another_training(cloudformation, templates, training, clock):
    clock.advance(3_600)
    waited = cloudformation.create("Wait", leg(training.data["Arn"]))
    other = cloudformation.update(training, training.properties | {"Generation": "2"})

    moved = cloudformation.update(waited, leg(other.data["Arn"], last=True, seconds=3_000))

    assert moved.data == {"Arn": other.physical_id}
    cloudformation.delete(waited)  # CloudFormation cleans up the leg of the old one
    assert moved.physical_id != waited.physical_id


def test_deleting_a_leg_deletes_nothing(cloudformation, training, personalize, clock):
    waited = cloudformation.create("Wait", leg(training.data["Arn"]))

    before = clock.now()
    cloudformation.delete(waited)

    assert describe(personalize, training)["status"] == "CREATE IN_PROGRESS"
    assert clock.now() == before  # a training can be stopped, so nothing is waited for


def test_a_leg_waits_for_imports_too(cloudformation, templates, personalize):
    job = cloudformation.create("DatasetImportJob", templates.properties("DatasetImportJob", LegSeconds=60))

    cloudformation.create("Wait", leg(job.data["Arn"], last=True, seconds=3_000))

    assert describe(personalize, job)["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("arn:aws:s3:::data", "a leg waits for a Personalize resource, got 'arn:aws:s3:::data'"),
        ("arn:aws:personalize:eu-west-1:123456789012:solution/films/12345678", "does not exist any more; deploy again"),
    ],
)
def test_a_leg_for_nothing_fails(arn, message, cloudformation):
    with pytest.raises(DeploymentFailed, match=message):
        cloudformation.create("Wait", leg(arn))
