import pytest

from custom_resources.kinds import KINDS

from .simulation import Deployed, DeploymentFailed, describe, lasting

DELETABLE = pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.deletable])


@DELETABLE
def test_an_interrupted_create_is_deleted_by_its_name(kind, handler, cloudformation, templates, personalize):
    """CloudFormation makes up a physical ID when it stops a create before it was answered."""
    interrupted = Deployed(kind, "Hrnn", "", templates.properties(kind))
    arn = handler.on_event(cloudformation.event("Create", interrupted))["PhysicalResourceId"]

    cloudformation.delete(Deployed(kind, "Hrnn", "films-Hrnn-1ABCDEFGHIJ2", interrupted.properties))

    assert describe(personalize, Deployed(kind, "Hrnn", arn, {}, {"Arn": arn})) is None


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.deletable and kind.taggable])
def test_an_interrupted_create_deletes_nothing_of_others(kind, cloudformation, templates, personalize):
    properties = templates.properties(kind)
    theirs = cloudformation.create(kind, properties | {"Owner": "somebody/else"})

    cloudformation.delete(Deployed(kind, "Hrnn", "films-Hrnn-1ABCDEFGHIJ2", properties))

    assert describe(personalize, theirs)["status"] == "ACTIVE"


def test_a_create_that_never_came_true_leaves_nothing(cloudformation, templates, personalize, faults):
    properties = templates.properties("Solution")
    faults.refuse("CreateSolution", "ResourceInUseException", "The dataset group is busy.", times=1_000)
    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.create("Solution", properties)

    assert failed.value.deployed.physical_id.startswith("pending/films-dev-hrnn-")
    cloudformation.delete(failed.value.deployed)
    assert personalize.list_solutions()["solutions"] == []


def test_a_replacement_that_never_came_true_leaves_the_old_one(cloudformation, templates, personalize, faults):
    """The delete of the pending one may come with the properties of the old one."""
    before = templates.properties("Solution")
    solution = cloudformation.create("Solution", before)
    faults.refuse("CreateSolution", "ResourceInUseException", "The dataset group is busy.", times=60)
    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.update(solution, before | {"Generation": "2"})

    cloudformation.delete(failed.value.deployed.with_properties(before))

    assert describe(personalize, solution)["status"] == "ACTIVE"


def test_deleting_a_version_stops_its_training_and_waits_no_longer(cloudformation, templates, personalize, clock):
    version = cloudformation.create("SolutionVersion", templates.properties("SolutionVersion", LegSeconds=600))
    before = clock.now()

    cloudformation.delete(version)

    assert clock.now() == before
    assert describe(personalize, version)["status"].startswith("CREATE STOP")


def test_a_stopped_training_is_begun_anew_under_the_next_name(cloudformation, templates, personalize):
    version = cloudformation.create("SolutionVersion", templates.properties("SolutionVersion", LegSeconds=600))
    cloudformation.delete(version)

    again = cloudformation.create("SolutionVersion", lasting(version.properties))

    assert again.data["Name"] == f"{version.data['Name']}-2"
    assert describe(personalize, again)["status"] == "ACTIVE"


def test_deleting_a_solution_stops_the_trainings_of_others_first(cloudformation, templates, personalize):
    """Automatic trainings belong to no stack, and keep the solution from being deleted."""
    templates.needed("DatasetImportJob")
    solution = cloudformation.create("Solution", templates.properties("Solution"))
    personalize.create_solution_version(solutionArn=solution.physical_id)

    cloudformation.delete(solution)

    assert describe(personalize, solution) is None


def test_a_delete_waits_for_an_update_to_end(cloudformation, templates, personalize):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    personalize.update_campaign(campaignArn=campaign.physical_id, minProvisionedTPS=2)

    cloudformation.delete(campaign)

    assert describe(personalize, campaign) is None


def test_a_delete_waits_for_what_still_needs_the_resource(cloudformation, templates, personalize):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    personalize.delete_campaign(campaignArn=campaign.physical_id)
    solution = templates.needed("Solution")

    cloudformation.delete(solution)

    assert describe(personalize, solution) is None


def test_a_delete_that_stays_blocked_names_what_blocks_it(cloudformation, templates):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    solution = templates.needed("Solution")

    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.delete(solution)

    message = str(failed.value)
    assert message.startswith(f"{solution.physical_id} is not deleted after 50 minutes: DeleteSolution answered")
    assert message.endswith(f"; still there: {campaign.physical_id}; delete again once nothing needs it")


@pytest.mark.parametrize(
    ("kind", "blocker"),
    [
        ("DatasetGroup", "Dataset"),
        ("DatasetGroup", "EventTracker"),
        ("Schema", "Dataset"),
        ("Dataset", "DatasetImportJob"),
        ("Solution", "Campaign"),
    ],
)
def test_whatever_blocks_a_delete_is_named(kind, blocker, cloudformation, templates, faults):
    blocking = templates.needed(blocker)
    needed = templates.needed(kind)
    if blocker.endswith("Job"):
        faults.show(blocking.physical_id, status="CREATE IN_PROGRESS")
    faults.refuse(f"Delete{kind}", "ResourceInUseException", "It is in use.", times=1_000)

    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.delete(needed)

    assert str(failed.value).startswith(f"{needed.physical_id} is not deleted after 50 minutes: Delete{kind} answered")
    assert ("still there" in str(failed.value)) != blocker.endswith("Job")  # a list tells the truth here
    assert blocker.endswith("Job") or blocking.physical_id in str(failed.value)


def test_a_filter_is_blocked_by_the_batch_job_that_runs_with_it(cloudformation, templates, faults):
    filter_ = cloudformation.create("Filter", templates.properties("Filter"))
    properties = templates.properties("BatchInferenceJob", filterArn=filter_.physical_id, LegSeconds=60)
    job = cloudformation.create("BatchInferenceJob", properties)
    faults.refuse("DeleteFilter", "ResourceInUseException", "It is in use.", times=1_000)

    with pytest.raises(DeploymentFailed, match=f"still there: {job.physical_id}; delete again"):
        cloudformation.delete(filter_.with_properties(filter_.properties | {"LegSeconds": 600}))


def test_deleting_an_import_waits_until_it_ends(cloudformation, templates, personalize, clock):
    job = cloudformation.create("DatasetImportJob", templates.properties("DatasetImportJob", LegSeconds=60))
    assert describe(personalize, job)["status"] != "ACTIVE"

    cloudformation.delete(job.with_properties(lasting(job.properties)))

    assert describe(personalize, job)["status"] == "ACTIVE"


def test_deleting_an_endless_import_is_not_a_failure(cloudformation, templates, personalize):
    job = cloudformation.create("DatasetImportJob", templates.properties("DatasetImportJob", LegSeconds=60))

    cloudformation.delete(job)

    assert describe(personalize, job)["status"] != "ACTIVE"


@pytest.mark.parametrize("operation", ["DescribeFilter", "DeleteFilter", "DescribeCampaign", "DeleteCampaign"])
def test_a_throttled_delete_is_tried_again(operation, cloudformation, templates, personalize, faults):
    kind = operation.removeprefix("Describe").removeprefix("Delete")
    created = cloudformation.create(kind, templates.properties(kind))
    faults.refuse(operation, "ThrottlingException", "Rate exceeded")

    cloudformation.delete(created)

    assert describe(personalize, created) is None


def test_a_delete_that_is_not_permitted_fails_at_once(cloudformation, templates, faults):
    group = cloudformation.create("DatasetGroup", templates.properties("DatasetGroup"))
    faults.refuse("DeleteDatasetGroup", "AccessDeniedException", "not authorized")

    with pytest.raises(DeploymentFailed, match="DeleteDatasetGroup answered AccessDeniedException"):
        cloudformation.delete(group)
