"""The complete example: every kind of resource is in the template, waits for what it needs and for nothing else."""

import json
import runpy
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template

from custom_resources.kinds import KINDS
from data_prep.prepare import prepare
from personalize_stack.config.load import load
from personalize_stack.stack import PersonalizeStack

EXAMPLE = Path(__file__).parents[2] / "examples" / "everything"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The example with its data."""
    folder = tmp_path_factory.mktemp("everything")
    (folder / "data").mkdir()
    runpy.run_path(str(EXAMPLE / "generate.py"))["main"](folder / "data")
    for name in ("personalize.yaml", "video.yaml"):
        (folder / name).write_text((EXAMPLE / name).read_text())
    return folder


@pytest.fixture(scope="module")
def stack_of(folder):
    """Return a function that builds the stack of a file and an environment, over its prepared data."""
    manifests = {}

    def build(name, environment="dev", **properties):
        project = load(folder / name, environment)
        if name not in manifests:
            manifests[name] = prepare(project.datasets, folder, folder / project.prepared, project.domain)
        return PersonalizeStack(
            cdk.App(), project.stack_name, project=project, manifest=manifests[name], on_aws=False, **properties
        )

    return build


@pytest.fixture(scope="module")
def shop(stack_of):
    return Template.from_stack(stack_of("personalize.yaml")).to_json()


@pytest.fixture(scope="module")
def production(stack_of):
    return Template.from_stack(stack_of("personalize.yaml", "prod")).to_json()


@pytest.fixture(scope="module")
def video(stack_of):
    return Template.from_stack(stack_of("video.yaml")).to_json()


def ours(template, kind):
    """The resources of a kind, by logical ID."""
    wanted = f"Custom::Personalize{kind}"
    return {name: found for name, found in template["Resources"].items() if found["Type"] == wanted}


def one(template, kind, start=""):
    (name,) = (name for name in ours(template, kind) if name.startswith(start))
    return name


def needed_by(template, logical_id):
    """Everything that CloudFormation makes before a resource, directly or not."""
    found, open_ends = set(), [logical_id]
    while open_ends:
        resource = template["Resources"].get(open_ends.pop(), {})
        depends = resource.get("DependsOn", [])
        direct = {depends} if isinstance(depends, str) else set(depends)
        direct |= set(references(resource.get("Properties", {})))
        open_ends += direct - found
        found |= direct
    return found & template["Resources"].keys()


def references(value):
    """The logical IDs that a value refers to."""
    if isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        if "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def kinds_before(template, logical_id):
    """The kinds of our resources that are made before one."""
    types = {template["Resources"][name]["Type"] for name in needed_by(template, logical_id)}
    return {found.removeprefix("Custom::Personalize") for found in types if found.startswith("Custom::Personalize")}


def test_every_kind_of_resource_is_made(shop, video):
    assert {kind for kind in KINDS if ours(shop, kind) or ours(video, kind)} == set(KINDS)


def test_solutions_wait_for_datasets_and_not_for_imports(shop):
    for solution in ours(shop, "Solution"):
        before = kinds_before(shop, solution)
        assert "Dataset" in before
        assert not before & {"DatasetImportJob", "Solution", "SolutionVersion", "Filter", "Campaign"}


def test_trainings_wait_for_their_own_solution_and_for_the_imports_alone(shop):
    for version, resource in ours(shop, "SolutionVersion").items():
        needed = needed_by(shop, version)
        assert len(needed & ours(shop, "Solution").keys()) == 1
        assert not needed & ours(shop, "SolutionVersion").keys()
        is_about_actions = "NextAction" in version
        imports = {name for name in needed if name in ours(shop, "DatasetImportJob")}
        assert any(name.startswith("Interactions") for name in imports)
        # Whom to forget is forgotten after all imports, and before all trainings.
        assert len(imports) == 5, is_about_actions
        assert resource["Properties"]["Parameters"]["trainingMode"] == "FULL"


def test_filters_and_the_tracker_wait_for_datasets_alone(shop):
    for name in [*ours(shop, "Filter"), *ours(shop, "EventTracker")]:
        assert kinds_before(shop, name) <= {"DatasetGroup", "Dataset", "Schema", "DataObject", "BucketContents"}


def test_the_import_that_reports_metrics_waits_for_the_attribution(shop, production):
    imported = one(production, "DatasetImportJob", "Interactions")
    assert "MetricAttribution" in kinds_before(production, imported)
    assert production["Resources"][imported]["Properties"]["Parameters"]["publishAttributionMetricsToS3"] is True
    assert "MetricAttribution" not in kinds_before(production, one(production, "DatasetImportJob", "Items"))
    assert "MetricAttribution" not in kinds_before(shop, one(shop, "DatasetImportJob", "Interactions"))


def test_themes_are_told_by_the_items_names(production):
    related = ours(production, "BatchInferenceJob")[one(production, "BatchInferenceJob", "Related")]
    assert related["Properties"]["Parameters"]["batchInferenceJobMode"] == "THEME_GENERATION"
    assert related["Properties"]["Parameters"]["themeGenerationConfig"] == {
        "fieldsForThemeGeneration": {"itemName": "NAME"}
    }


def test_whom_to_forget_is_told_in_a_file_without_a_key_of_ones_own(shop):
    (told,) = (
        found["Properties"] for name, found in ours(shop, "DataObject").items() if name.startswith("DataDeletions")
    )
    assert told["Encryption"] == "AES256"


def test_parameters_tell_an_application_what_it_needs(shop, video):
    names = {
        found["Properties"]["Name"]
        for template in (shop, video)
        for found in template["Resources"].values()
        if found["Type"] == "AWS::SSM::Parameter"
    }
    assert {
        "/personalize/shop-dev/dataset-group/arn",
        "/personalize/shop-dev/datasets/items/arn",
        "/personalize/shop-dev/solutions/for-you/arn",
        "/personalize/shop-dev/campaigns/for-you/arn",
        "/personalize/shop-dev/filters/of-kinds/arn",
        "/personalize/shop-dev/event-tracker/arn",
        "/personalize/shop-dev/tracking-id",
        "/personalize/shop-dev/action-tracking-id",
        "/personalize/video-dev/recommenders/top-picks/arn",
        "/personalize/video-dev/tracking-id",
    } <= names


def test_recommenders_learn_from_the_domains_data(video):
    group = ours(video, "DatasetGroup")[one(video, "DatasetGroup")]
    assert group["Properties"]["Parameters"]["domain"] == "VIDEO_ON_DEMAND"
    assert {schema["Properties"]["Parameters"]["domain"] for schema in ours(video, "Schema").values()} == {
        "VIDEO_ON_DEMAND"
    }
    for name in ours(video, "Recommender"):
        assert "DatasetImportJob" in kinds_before(video, name)
    stopped = ours(video, "Recommender")[one(video, "Recommender", "Trending")]
    assert stopped["Properties"]["Running"] == "false"


def physical_names(template):
    """What must not exist twice in an account: the names of our resources and of native ones."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for key in ("Name", "LogGroupName", "AliasName", "FunctionName", "BucketName", "RoleName", "AlarmName"):
            if isinstance(properties.get(key), str):
                yield resource["Type"], properties[key]


def test_environments_stand_side_by_side(shop, stack_of):
    stage = Template.from_stack(stack_of("personalize.yaml", "stage")).to_json()
    assert not set(physical_names(shop)) & set(physical_names(stage))
    assert len(set(physical_names(shop))) > 30


def test_production_is_protected_and_says_what_it_keeps(stack_of):
    stack = stack_of("personalize.yaml", "prod")
    assert stack.termination_protection
    template = Template.from_stack(stack)
    template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
    template.has_resource("AWS::KMS::Key", {"DeletionPolicy": "Retain"})
    assert "RetainedData" in template.to_json()["Outputs"]
    Annotations.from_stack(stack).has_info("*", Match.string_like_regexp("^production: the stack is protected"))


@pytest.mark.parametrize("name", ["personalize.yaml", "video.yaml"])
def test_nothing_keeps_it_from_being_deployed(stack_of, name):
    assert Annotations.from_stack(stack_of(name)).find_error("*", Match.any_value()) == []


def test_what_is_billed_again_and_again_is_warned_of(stack_of):
    warnings = Annotations.from_stack(stack_of("personalize.yaml")).find_warning("*", Match.any_value())
    assert {str(warning.entry.data).split(" [ack")[0] for warning in warnings} == {
        "solutions.fresh: the service trains it every 7 days and bills each training until the solution is deleted",
        "solutions.for-you: each training tries up to 2 trainings, all of them billed",
    }


def test_a_schema_that_cannot_change_takes_another_dataset_group(folder, stack_of):
    before = Template.from_stack(stack_of("video.yaml")).to_json()
    path = folder / "prepared" / "video" / "interactions.avsc"
    schema = path.read_text()
    changed = json.loads(schema)
    changed["fields"].append({"name": "DEVICE", "type": ["string", "null"]})
    path.write_text(json.dumps(changed))
    try:
        after = Template.from_stack(stack_of("video.yaml")).to_json()
    finally:
        path.write_text(schema)
    group = one(before, "DatasetGroup")
    assert (
        before["Resources"][group]["Properties"]["Generation"] != after["Resources"][group]["Properties"]["Generation"]
    )
