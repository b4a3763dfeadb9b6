import json

import pytest

from custom_resources.kinds import KINDS
from custom_resources.request import OWNER_TAG

from .conftest import INTERACTIONS
from .simulation import DeploymentFailed, describe, lasting, tags

TAGGABLE = pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.taggable])
ITEM_FIELDS = [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRES", "type": "string", "categorical": True}]


def items_schema(*more_fields):
    return json.dumps(INTERACTIONS | {"name": "Items", "fields": [*ITEM_FIELDS, *more_fields]})


def test_a_campaign_takes_another_version_in_place(cloudformation, templates, personalize, faults):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    version = cloudformation.create("SolutionVersion", lasting(templates.properties("SolutionVersion")))

    updated = cloudformation.update(campaign, templates.properties("Campaign", solutionVersionArn=version.physical_id))

    assert updated.data == campaign.data
    found = describe(personalize, updated)
    assert (found["solutionVersionArn"], found["latestCampaignUpdate"]["status"]) == (version.physical_id, "ACTIVE")
    assert faults.sent("UpdateCampaign") == [
        {"campaignArn": campaign.physical_id, "solutionVersionArn": version.physical_id}
    ]


def test_what_was_changed_outside_survives_a_change_of_something_else(cloudformation, templates, personalize, clock):
    """A promoted version stays when the template changes the capacity."""
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    promoted = cloudformation.create("SolutionVersion", lasting(templates.properties("SolutionVersion")))
    personalize.update_campaign(campaignArn=campaign.physical_id, solutionVersionArn=promoted.physical_id)
    clock.advance(3_600)

    cloudformation.update(campaign, templates.properties("Campaign", minProvisionedTPS=2))

    found = describe(personalize, campaign)
    assert (found["solutionVersionArn"], found["minProvisionedTPS"]) == (promoted.physical_id, 2)


def test_a_change_that_is_already_there_is_not_sent(cloudformation, templates, personalize, faults, clock):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    personalize.update_campaign(campaignArn=campaign.physical_id, minProvisionedTPS=2)
    clock.advance(3_600)

    cloudformation.update(campaign, templates.properties("Campaign", minProvisionedTPS=2))

    assert len(faults.sent("UpdateCampaign")) == 1


def test_an_adopted_campaign_is_brought_to_what_is_wanted(cloudformation, templates, personalize):
    """The resumed deploy may want another capacity than the one that was interrupted."""
    cloudformation.create("Campaign", templates.properties("Campaign"))

    adopted = cloudformation.create("Campaign", templates.properties("Campaign", minProvisionedTPS=3))

    assert describe(personalize, adopted)["minProvisionedTPS"] == 3


def test_an_update_waits_for_the_one_that_is_running(cloudformation, templates, personalize, faults):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    personalize.update_campaign(campaignArn=campaign.physical_id, minProvisionedTPS=5)

    cloudformation.update(campaign, templates.properties("Campaign", minProvisionedTPS=2))

    assert describe(personalize, campaign)["minProvisionedTPS"] == 2
    assert [request["minProvisionedTPS"] for request in faults.sent("UpdateCampaign")] == [5, 2]


def test_a_rollback_undoes_an_update_that_is_still_running(cloudformation, templates, personalize, handler):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    after = templates.properties("Campaign", minProvisionedTPS=5)
    event = cloudformation.event("Update", campaign) | {"OldResourceProperties": campaign.properties}
    handler.on_event(event | {"ResourceProperties": after})

    cloudformation.update(campaign.with_properties(after), campaign.properties)

    assert describe(personalize, campaign)["minProvisionedTPS"] == 1


def test_a_failed_update_names_the_reason_and_can_be_tried_again(cloudformation, templates, faults, clock):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    after = templates.properties("Campaign", minProvisionedTPS=2)
    failed = {"status": "CREATE FAILED", "failureReason": "No capacity.", "creationDateTime": 1_790_100_000.0}
    faults.after("UpdateCampaign", lambda: faults.show(campaign.physical_id, latestCampaignUpdate=failed))

    with pytest.raises(DeploymentFailed, match=f"{campaign.physical_id} is UPDATE FAILED: No capacity.; it goes on"):
        cloudformation.update(campaign, after)

    clock.advance(3_600)
    faults.show(campaign.physical_id, minProvisionedTPS=1)
    cloudformation.update(campaign.with_properties(after), campaign.properties)  # the rollback sends nothing
    assert len(faults.sent("UpdateCampaign")) == 1
    faults.after("UpdateCampaign", lambda: faults.show_truth(campaign.physical_id))
    cloudformation.update(campaign, after)
    assert len(faults.sent("UpdateCampaign")) == 2


def test_the_training_settings_of_a_solution_change_in_place(cloudformation, templates, personalize, faults):
    weekly, daily = ({"autoTrainingConfig": {"schedulingExpression": f"rate({days} days)"}} for days in (7, 1))
    solution = cloudformation.create("Solution", templates.properties("Solution", solutionConfig=weekly))

    updated = cloudformation.update(
        solution, templates.properties("Solution", performAutoTraining=True, solutionConfig=daily)
    )

    assert updated.physical_id == solution.physical_id
    assert faults.sent("UpdateSolution") == [
        {"solutionArn": solution.physical_id, "performAutoTraining": True, "solutionUpdateConfig": daily}
    ]
    assert describe(personalize, updated)["solutionConfig"] == daily


def test_another_recipe_replaces_the_solution(cloudformation, templates, personalize):
    solution = cloudformation.create("Solution", templates.properties("Solution"))

    replaced = cloudformation.update(
        solution, templates.properties("Solution", recipeArn="arn:aws:personalize:::recipe/aws-hrnn")
    )

    assert replaced.physical_id != solution.physical_id
    assert describe(personalize, solution)["status"] == "ACTIVE"  # until CloudFormation cleans up


YEAR, STUDIO = ({"name": name, "type": ["string", "null"]} for name in ("YEAR", "STUDIO"))


@pytest.fixture
def schema_of_items(cloudformation, templates):
    """Creates a schema with more columns than it need have."""
    return lambda *more: cloudformation.create("Schema", templates.properties("Schema", schema=items_schema(*more)))


@pytest.fixture
def items(templates):
    """The properties of an Items dataset with a schema."""
    return lambda schema: templates.properties("Dataset", datasetType="Items", schemaArn=schema.physical_id)


@pytest.fixture
def wider_for_good(cloudformation, schema_of_items, items):
    """A dataset that got a column in a deploy that was taken back, and the two schemas."""
    narrow, wide = schema_of_items(), schema_of_items(YEAR)
    dataset = cloudformation.create("Dataset", items(narrow))
    after = cloudformation.update(dataset, items(wide))
    cloudformation.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    dataset = cloudformation.update(after, items(narrow))
    cloudformation.status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    cloudformation.delete(wide)
    cloudformation.status = None
    return dataset, narrow, wide


def test_an_items_dataset_takes_a_schema_with_more_columns_in_place(
    cloudformation, schema_of_items, items, personalize
):
    dataset = cloudformation.create("Dataset", items(schema_of_items()))
    wide = schema_of_items(YEAR)

    updated = cloudformation.update(dataset, items(wide))

    assert updated.data == dataset.data
    assert describe(personalize, updated)["schemaArn"] == wide.physical_id


def test_a_column_is_not_taken_away_but_by_a_rollback(cloudformation, schema_of_items, items):
    dataset = cloudformation.create("Dataset", items(schema_of_items(YEAR)))

    with pytest.raises(DeploymentFailed, match="UpdateDataset answered InvalidInputException"):
        cloudformation.update(dataset, items(schema_of_items()))


def test_a_rollback_leaves_a_column_where_it_was_added(wider_for_good, personalize):
    dataset, _, wide = wider_for_good
    assert describe(personalize, dataset)["schemaArn"] == wide.physical_id


def test_the_schema_that_a_rollback_left_goes_with_its_dataset(cloudformation, wider_for_good, personalize):
    for resource in wider_for_good[:2]:
        cloudformation.delete(resource)

    assert [describe(personalize, resource) for resource in wider_for_good] == [None, None, None]


def test_the_schema_that_a_rollback_left_goes_when_another_takes_its_place(
    cloudformation, wider_for_good, schema_of_items, items, personalize
):
    dataset, _, wide = wider_for_good
    widest = schema_of_items(YEAR, STUDIO)

    cloudformation.update(dataset, items(widest))

    assert describe(personalize, dataset)["schemaArn"] == widest.physical_id
    assert describe(personalize, wide) is None


def test_the_schema_that_a_rollback_left_is_taken_up_by_the_same_deploy_again(
    cloudformation, wider_for_good, schema_of_items, items, personalize
):
    dataset, _, wide = wider_for_good
    assert schema_of_items(YEAR).physical_id == wide.physical_id

    cloudformation.update(dataset, items(wide))

    assert describe(personalize, dataset)["schemaArn"] == wide.physical_id


def test_an_interactions_dataset_cannot_take_another_schema(cloudformation, templates):
    dataset = cloudformation.create("Dataset", templates.properties("Dataset"))
    schema = cloudformation.create("Schema", templates.properties("Schema"))

    with pytest.raises(DeploymentFailed, match="cannot be changed to what is wanted; put the new one into a"):
        cloudformation.update(dataset, templates.properties("Dataset", schemaArn=schema.physical_id))


@TAGGABLE
def test_a_created_resource_has_its_owners_tags(kind, cloudformation, templates, personalize):
    created = cloudformation.create(kind, lasting(templates.properties(kind, Tags={"team": "films"})))

    assert tags(personalize, created) == {"team": "films", OWNER_TAG: f"films-dev/{kind}"}


@TAGGABLE
def test_tags_change_in_place_and_those_of_others_stay(kind, cloudformation, templates, personalize):
    before = lasting(templates.properties(kind, Tags={"team": "films", "stage": "dev"}))
    created = cloudformation.create(kind, before)
    personalize.tag_resource(resourceArn=created.physical_id, tags=[{"tagKey": "cost", "tagValue": "7"}])

    updated = cloudformation.update(created, before | {"Tags": {"team": "books"}, "Owner": "films-dev/Moved"})

    assert updated.physical_id == created.physical_id
    assert tags(personalize, updated) == {"team": "books", "cost": "7", OWNER_TAG: "films-dev/Moved"}


def test_a_resource_that_somebody_deleted_is_created_again(cloudformation, templates, personalize, clock):
    campaign = cloudformation.create("Campaign", templates.properties("Campaign"))
    personalize.delete_campaign(campaignArn=campaign.physical_id)
    clock.advance(3_600)

    updated = cloudformation.update(campaign, templates.properties("Campaign", minProvisionedTPS=2))

    assert updated.physical_id == campaign.physical_id
    assert describe(personalize, updated)["minProvisionedTPS"] == 2


def test_importing_earlier_data_again_is_a_new_job(cloudformation, templates, personalize, s3):
    """A job undoes what earlier ones imported, so going back to the first file imports it once more."""
    s3.copy({"Bucket": "data", "Key": "INTERACTIONS.csv"}, "data", "later.csv")
    first = cloudformation.create("DatasetImportJob", lasting(templates.properties("DatasetImportJob")))
    later = lasting(templates.properties("DatasetImportJob", dataSource={"dataLocation": "s3://data/later.csv"}))
    second = cloudformation.update(first, later)

    third = cloudformation.update(second, first.properties)

    assert third.data["Name"] == f"{first.data['Name']}-2"
    assert describe(personalize, third)["status"] == "ACTIVE"
    assert cloudformation.create("DatasetImportJob", first.properties) == third  # a repeated create adopts it


def test_a_rollback_removes_the_replacement_that_cloudformation_does_not_know(
    cloudformation, templates, personalize, faults
):
    """If CloudFormation keeps the old physical ID after a failed replacement, nobody else would delete the new one."""
    before = templates.properties("Campaign")
    after = before | {"Generation": "2"}
    campaign = cloudformation.create("Campaign", before)
    faults.fail("Campaign", "No capacity.")
    with pytest.raises(DeploymentFailed) as failed:
        cloudformation.update(campaign, after)

    back = cloudformation.update(campaign.with_properties(after), before)

    assert back.physical_id == campaign.physical_id
    assert describe(personalize, back)["status"] == "ACTIVE"
    assert [found["campaignArn"] for found in personalize.list_campaigns()["campaigns"]] == [campaign.physical_id]
    cloudformation.delete(failed.value.deployed)  # if CloudFormation does know it
    assert describe(personalize, back)["status"] == "ACTIVE"
