import re
from functools import partial

import pytest

from custom_resources.errors import CustomResourceError
from custom_resources.kinds import KINDS
from personalize_local.service.job import Outcome

from .simulation import Deployed, DeploymentFailed, describe, is_ready, lasting

LIMIT = "More than 20 resources with PENDING or IN_PROGRESS status."
ROLE_UNUSABLE = "Amazon Personalize cannot assume the role"


def test_a_resource_waits_for_what_it_needs(handler, cloudformation, templates, personalize):
    """The dataset group is still being created: CreateSolution answers ResourceInUse."""
    group = handler.on_event(
        cloudformation.event("Create", Deployed("DatasetGroup", "Group", "", templates.properties("DatasetGroup")))
    )

    solution = cloudformation.create(
        "Solution", templates.properties("Solution", datasetGroupArn=group["PhysicalResourceId"])
    )

    assert describe(personalize, solution)["status"] == "ACTIVE"


def test_a_full_queue_is_waited_for(cloudformation, templates, personalize, faults):
    properties = lasting(templates.properties("SolutionVersion"))
    faults.refuse("CreateSolutionVersion", "LimitExceededException", LIMIT, times=5)

    version = cloudformation.create("SolutionVersion", properties)

    assert describe(personalize, version)["status"] == "ACTIVE"


def test_a_queue_that_stays_full_is_named_before_the_framework_times_out(cloudformation, templates, faults):
    properties = templates.properties("SolutionVersion", LegSeconds=3_000)
    faults.refuse("CreateSolutionVersion", "LimitExceededException", LIMIT, times=1_000)

    with pytest.raises(DeploymentFailed, match=f"is not ready after 50 minutes: .*{LIMIT}; deploy again"):
        cloudformation.create("SolutionVersion", properties)


def test_a_quota_of_resources_that_stay_fails_at_once(cloudformation, templates, faults):
    properties = templates.properties("Campaign")
    message = "Cannot create a campaign. More than 5 resources in ACTIVE state. Please delete some and try again."
    faults.refuse("CreateCampaign", "LimitExceededException", message)

    text = (
        f"the quota 'Campaigns per dataset group' is reached: CreateCampaign answered LimitExceededException: {message}"
    )
    with pytest.raises(DeploymentFailed, match=re.escape(text)) as failed:
        cloudformation.create("Campaign", properties)

    assert failed.value.waited_seconds == 0
    assert str(failed.value).endswith("; delete what is not needed, or ask for more in Service Quotas")


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.quota])
def test_a_quota_that_frees_itself_is_waited_for_and_any_other_is_named(
    kind, cloudformation, templates, personalize, faults
):
    properties = lasting(templates.properties(kind))
    faults.refuse(f"Create{kind}", "LimitExceededException", "There are enough.", times=3)
    quota = KINDS[kind].quota

    if quota.frees_itself:
        assert is_ready(personalize, cloudformation.create(kind, properties))
    else:
        with pytest.raises(DeploymentFailed, match=f"the quota '{quota.name}' is reached: .*There are enough"):
            cloudformation.create(kind, properties)


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.deletable and name != "Schema"])
def test_what_a_rollback_deleted_is_not_made_again_by_a_poll_that_comes_late(
    kind, handler, cloudformation, templates, personalize, clock, faults
):
    """CloudFormation gives a create up and deletes it, while the framework goes on polling for it."""
    properties = templates.properties(kind)
    event = cloudformation.event("Create", Deployed(kind, "Late", "", properties))
    event |= handler.on_event(event)
    cloudformation.delete(Deployed(kind, "Late", "films-Late-1ABCDEFGHIJ2", properties))
    clock.advance(3_600)
    faults.calls.clear()

    with pytest.raises(CustomResourceError, match="does not exist any more; deploy again"):
        handler.is_complete(event)

    assert faults.sent(f"Create{kind}") == []


@pytest.mark.parametrize("status", ["ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "DELETE_COMPLETE"])
def test_what_waits_for_its_turn_is_not_made_once_the_deploy_is_given_up(
    status, handler, cloudformation, templates, faults
):
    properties = templates.properties("SolutionVersion")
    faults.refuse("CreateSolutionVersion", "LimitExceededException", LIMIT)
    event = cloudformation.event("Create", Deployed("SolutionVersion", "Late", "", properties))
    event |= handler.on_event(event)
    faults.calls.clear()
    cloudformation.status = status

    with pytest.raises(
        CustomResourceError, match=r"SolutionVersion Late is no longer asked for: the deploy .* given up"
    ):
        handler.is_complete(event)

    assert faults.sent("CreateSolutionVersion") == []


def test_what_waits_for_its_turn_is_not_changed_once_the_deploy_is_given_up(
    handler, cloudformation, templates, personalize, clock
):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    personalize.update_campaign(campaignArn=campaign.physical_id, minProvisionedTPS=5)
    after = templates.properties("Campaign", minProvisionedTPS=2)
    event = cloudformation.event("Update", campaign.with_properties(after), OldResourceProperties=campaign.properties)
    event |= handler.on_event(event)
    cloudformation.status = "UPDATE_ROLLBACK_COMPLETE"
    clock.advance(3_600)

    with pytest.raises(CustomResourceError, match="Campaign Hrnn0A1B2C3D is no longer asked for"):
        handler.is_complete(event)

    assert describe(personalize, campaign)["minProvisionedTPS"] == 5


def test_a_rollback_itself_waits_for_its_turn(cloudformation, templates, personalize):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    after = templates.properties("Campaign", minProvisionedTPS=5)
    personalize.update_campaign(campaignArn=campaign.physical_id, minProvisionedTPS=5)
    cloudformation.status = "UPDATE_ROLLBACK_IN_PROGRESS"

    cloudformation.update(campaign.with_properties(after), campaign.properties)

    assert describe(personalize, campaign)["minProvisionedTPS"] == 1


def test_a_limit_that_is_no_quota_of_the_kind_fails_at_once(cloudformation, templates, faults):
    """A dataset has none that is documented."""
    properties = templates.properties("Dataset")
    faults.refuse("CreateDataset", "LimitExceededException", "Enough.")

    with pytest.raises(DeploymentFailed, match=r"Dataset .*: CreateDataset answered LimitExceededException: Enough\."):
        cloudformation.create("Dataset", properties)


def test_a_role_that_is_not_known_everywhere_yet_is_waited_for(cloudformation, templates, personalize, faults):
    properties = lasting(templates.properties("DatasetImportJob"))
    faults.refuse("CreateDatasetImportJob", "InvalidInputException", ROLE_UNUSABLE)

    job = cloudformation.create("DatasetImportJob", properties)

    assert describe(personalize, job)["status"] == "ACTIVE"


def test_a_role_that_stays_unusable_fails_within_minutes(cloudformation, templates, faults):
    properties = lasting(templates.properties("DatasetImportJob"))
    faults.refuse("CreateDatasetImportJob", "InvalidInputException", ROLE_UNUSABLE, times=1_000)

    with pytest.raises(DeploymentFailed, match=ROLE_UNUSABLE) as failed:
        cloudformation.create("DatasetImportJob", properties)

    assert failed.value.waited_seconds <= 300


def test_a_missing_permission_fails_at_once(cloudformation, templates, faults):
    properties = templates.properties("Solution")
    faults.refuse("CreateSolution", "AccessDeniedException", "not authorized to perform: personalize:CreateSolution")

    with pytest.raises(DeploymentFailed, match="Solution Hrnn0A1B2C3D: CreateSolution answered Access") as failed:
        cloudformation.create("Solution", properties)

    assert (failed.value.waited_seconds, failed.value.deployed.physical_id) == (0, "")


def test_throttling_while_waiting_is_no_failure(cloudformation, templates, faults, personalize):
    properties = templates.properties("Solution")
    throttle = partial(faults.refuse, "DescribeSolution", "ThrottlingException", "Rate exceeded", times=3)
    faults.after("CreateSolution", throttle)

    assert describe(personalize, cloudformation.create("Solution", properties))["status"] == "ACTIVE"


def test_a_create_that_was_throttled_is_sent_again(cloudformation, templates, faults, personalize):
    properties = templates.properties("Solution")
    faults.refuse("CreateSolution", "ThrottlingException", "Rate exceeded")

    assert describe(personalize, cloudformation.create("Solution", properties))["status"] == "ACTIVE"


def test_a_deletion_under_way_is_waited_for_before_creating(cloudformation, templates, personalize):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    personalize.delete_campaign(campaignArn=campaign.physical_id)

    again = cloudformation.create("Campaign", campaign.properties)

    assert again.data == campaign.data
    assert describe(personalize, again)["status"] == "ACTIVE"


def test_a_lasting_creation_is_handed_on_to_the_next_leg(cloudformation, templates, personalize):
    created = cloudformation.create("SolutionVersion", templates.properties("SolutionVersion", LegSeconds=600))

    assert describe(personalize, created)["status"] == "CREATE IN_PROGRESS"
    assert set(created.data) == {"Arn", "Name"}


def test_throttling_at_the_end_of_a_leg_is_no_failure(handler, cloudformation, templates, clock, faults):
    training = Deployed("SolutionVersion", "Training", "", templates.properties("SolutionVersion", LegSeconds=600))
    event = cloudformation.event("Create", training)
    event |= handler.on_event(event)
    clock.advance(600)
    faults.refuse("DescribeSolutionVersion", "ThrottlingException", "Rate exceeded", times=2)

    assert handler.is_complete(event) == {"IsComplete": False}
    assert handler.is_complete(event)["IsComplete"]


def test_the_last_leg_fails_when_its_time_is_over(cloudformation, templates):
    with pytest.raises(DeploymentFailed, match="is not ready after 10 minutes: it is CREATE IN PROGRESS; deploy again"):
        cloudformation.create("SolutionVersion", templates.properties("SolutionVersion", LegSeconds=600, Last=True))


def test_a_resumed_deploy_takes_up_the_training_that_goes_on(cloudformation, templates, personalize, faults):
    first = cloudformation.create("SolutionVersion", templates.properties("SolutionVersion", LegSeconds=600))

    resumed = cloudformation.create("SolutionVersion", lasting(first.properties))

    assert resumed.physical_id == first.physical_id
    assert describe(personalize, resumed)["status"] == "ACTIVE"
    assert len(faults.sent("CreateSolutionVersion")) == 1


def test_a_failed_training_says_why(cloudformation, templates, trainer):
    properties = lasting(templates.properties("SolutionVersion"))
    trainer.outcomes.append(Outcome(failure="Dataset has fewer than 25 users with at least 2 interactions each."))

    with pytest.raises(DeploymentFailed, match="is CREATE FAILED: Dataset has fewer than 25 users with at least 2"):
        cloudformation.create("SolutionVersion", properties)


def test_a_message_fits_the_answer_to_cloudformation(cloudformation, templates, faults):
    faults.refuse("CreateDatasetGroup", "InvalidInputException", "Wrong.\n" * 2_000)

    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.create("DatasetGroup", templates.properties("DatasetGroup"))

    assert len(str(failed.value).encode()) < 1_100
    assert "\n" not in str(failed.value)
