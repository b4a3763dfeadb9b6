"""What all kinds share: states on the clock, names, dependencies, lists."""

import pytest

from personalize_local.service.profiles import BRISK, INSTANT


def status(lab, group):
    return lab("DescribeDatasetGroup", datasetGroupArn=group)["datasetGroup"]["status"]


def test_a_resource_goes_through_its_states_on_the_clock(lab):
    created = lab.clock.now()
    group = lab("CreateDatasetGroup", name="films")["datasetGroupArn"]
    assert status(lab, group) == "CREATE PENDING"
    lab.wait(30)
    assert status(lab, group) == "CREATE IN_PROGRESS"
    lab.wait(60)
    assert lab("DescribeDatasetGroup", datasetGroupArn=group)["datasetGroup"] == {
        "name": "films",
        "datasetGroupArn": lab.arn("dataset-group/films"),
        "status": "ACTIVE",
        "creationDateTime": created,
        "lastUpdatedDateTime": created + 90,
    }


def test_a_deleted_resource_can_be_seen_until_it_is_gone(lab):
    group = lab.group()
    lab("DeleteDatasetGroup", datasetGroupArn=group)
    assert status(lab, group) == "DELETE PENDING"
    lab.wait(30)
    assert status(lab, group) == "DELETE IN_PROGRESS"
    lab.wait(60)
    assert lab.refusal("DescribeDatasetGroup", datasetGroupArn=group) == (
        "ResourceNotFoundException",
        f"Resource Arn {group} does not exist.",
    )
    assert lab("ListDatasetGroups") == {"datasetGroups": []}


@pytest.mark.parametrize(("profile", "first"), [(INSTANT, "ACTIVE"), (BRISK, "CREATE PENDING")])
def test_profiles_differ_in_how_long_things_take(make_lab, profile, first):
    lab = make_lab(profile=profile)
    group = lab("CreateDatasetGroup", name="films")["datasetGroupArn"]
    assert status(lab, group) == first
    lab.wait(1)
    assert status(lab, group) == "ACTIVE"


@pytest.mark.parametrize("profile", [INSTANT, BRISK])
def test_even_in_fast_profiles_a_deleted_resource_is_seen_for_a_moment(make_lab, profile):
    lab = make_lab(profile=profile)
    group = lab.group()
    lab("DeleteDatasetGroup", datasetGroupArn=group)
    assert status(lab, group) == "DELETE PENDING"


def test_a_name_is_taken_until_its_resource_is_gone(lab):
    group = lab.group()
    taken = ("ResourceAlreadyExistsException", f"Another resource with Arn {group} already exists.")
    assert lab.refusal("CreateDatasetGroup", name="films") == taken
    lab("DeleteDatasetGroup", datasetGroupArn=group)
    assert lab.refusal("CreateDatasetGroup", name="films") == taken
    lab.wait()
    assert lab("CreateDatasetGroup", name="films")["datasetGroupArn"] == group


def test_a_parent_that_does_not_exist_is_not_found(lab):
    missing = lab.arn("dataset-group/none")
    assert lab.refusal("CreateEventTracker", name="tracker", datasetGroupArn=missing) == (
        "ResourceNotFoundException",
        f"Resource Arn {missing} does not exist.",
    )


def test_a_parent_that_is_not_active_yet_is_in_use(lab):
    group = lab("CreateDatasetGroup", name="films")["datasetGroupArn"]
    assert lab.refusal("CreateEventTracker", name="tracker", datasetGroupArn=group) == (
        "ResourceInUseException",
        f"Resource Arn {group} is in state CREATE PENDING; it must be ACTIVE.",
    )


def test_what_is_being_created_cannot_be_deleted(lab):
    group = lab("CreateDatasetGroup", name="films")["datasetGroupArn"]
    assert lab.refusal("DeleteDatasetGroup", datasetGroupArn=group) == (
        "ResourceInUseException",
        f"Resource Arn {group} cannot be deleted in state CREATE PENDING.",
    )


def test_what_is_being_deleted_cannot_be_deleted_again(lab):
    group = lab.group()
    lab("DeleteDatasetGroup", datasetGroupArn=group)
    assert lab.refusal("DeleteDatasetGroup", datasetGroupArn=group) == (
        "ResourceInUseException",
        f"Resource Arn {group} cannot be deleted in state DELETE PENDING.",
    )


def test_a_dataset_group_is_held_by_what_is_in_it(lab):
    group = lab.group()
    dataset = lab.dataset(group)
    assert lab.refusal("DeleteDatasetGroup", datasetGroupArn=group) == (
        "ResourceInUseException",
        f"Resource Arn {group} cannot be deleted: {dataset} needs it.",
    )


def test_filters_go_with_their_dataset_group(lab):
    group = lab.group()
    dataset = lab.dataset(group)
    expression = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    arn = lab("CreateFilter", name="unseen", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    lab.wait()
    lab("DeleteDataset", datasetArn=dataset)
    lab.wait()
    lab("DeleteDatasetGroup", datasetGroupArn=group)
    lab.wait()
    assert lab("ListFilters") == {"Filters": []}
    assert lab.refusal("DescribeFilter", filterArn=arn)[0] == "ResourceNotFoundException"


def test_a_child_that_is_being_deleted_holds_its_parent_on_aws_only(make_lab):
    for profile, held in ((None, True), (BRISK, False)):
        lab = make_lab(**({"profile": profile} if profile else {}))
        group = lab.group()
        dataset = lab.dataset(group)
        lab("DeleteDataset", datasetArn=dataset)
        if held:
            assert lab.refusal("DeleteDatasetGroup", datasetGroupArn=group)[0] == "ResourceInUseException"
        else:
            assert lab("DeleteDatasetGroup", datasetGroupArn=group) == {}


def test_a_schema_is_held_by_its_datasets_and_goes_at_once(lab):
    dataset = lab.dataset(lab.group())
    schema = lab("DescribeDataset", datasetArn=dataset)["dataset"]["schemaArn"]
    assert lab.refusal("DeleteSchema", schemaArn=schema) == (
        "ResourceInUseException",
        f"Resource Arn {schema} cannot be deleted: {dataset} needs it.",
    )
    lab("DeleteDataset", datasetArn=dataset)
    lab.wait()
    lab("DeleteSchema", schemaArn=schema)
    assert lab.refusal("DescribeSchema", schemaArn=schema)[0] == "ResourceNotFoundException"


def test_a_list_shows_only_what_belongs_to_its_filter(lab):
    films, books = lab.group("films"), lab.group("books")
    lab.dataset(films)
    dataset = lab.dataset(books)
    (shown,) = lab("ListDatasets", datasetGroupArn=books)["datasets"]
    assert shown["datasetArn"] == dataset
    assert set(shown) == {"name", "datasetArn", "datasetType", "status", "creationDateTime", "lastUpdatedDateTime"}


def test_five_dataset_groups_are_enough(lab):
    for number in range(5):
        lab.group(f"films{number}")
    assert lab.refusal("CreateDatasetGroup", name="more") == (
        "LimitExceededException",
        "Cannot create a dataset group. More than 5 resources in ACTIVE state. Please delete some and try again.",
    )


def test_a_key_and_a_role_go_together(lab):
    assert lab.refusal("CreateDatasetGroup", name="films", roleArn=lab.role) == (
        "InvalidInputException",
        "kmsKeyArn and roleArn must be given together.",
    )


def test_everything_survives_a_restart(make_lab, tmp_path):
    lab = make_lab(state=tmp_path)
    group = lab("CreateDatasetGroup", name="films", tags=[{"tagKey": "team", "tagValue": "a"}])["datasetGroupArn"]
    lab.service.close()
    again = make_lab(state=tmp_path, clock=lab.clock)
    assert status(again, group) == "CREATE PENDING"
    again.wait()
    assert status(again, group) == "ACTIVE"
    assert again("ListTagsForResource", resourceArn=group)["tags"] == [{"tagKey": "team", "tagValue": "a"}]
