"""The complete example on the local cloud: every kind of resource is deployed, works, and is gone in the end."""

import runpy
from pathlib import Path

import boto3
import pytest

from data_prep.prepare import prepare
from operations.cdk import Cdk
from operations.cli.main import run
from personalize_stack.config.load import load

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "everything"
SHORT = "\nmax_training_hours: 1\nmax_import_hours: 1\n"  # 73 custom resources less, which only wait for longer


@pytest.fixture
def deployed(environment, tmp_path):
    """Deploys a file of the example; answers the outputs of its stack."""
    runpy.run_path(str(EXAMPLE / "generate.py"))["main"](tmp_path / "data")

    def deploy(name):
        file = tmp_path / name
        file.write_text((EXAMPLE / name).read_text() + SHORT)
        project = load(file, "dev")
        prepare(project.datasets, tmp_path, tmp_path / project.prepared, project.domain)
        context = {"config": str(file), "env": "dev"}
        cdk = Cdk(ROOT, tmp_path / "cdk.log", dict(environment), context).synthesize(tmp_path / f"{name}.out")
        cdk.deploy()
        stack = boto3.client("cloudformation").describe_stacks(StackName=project.stack_name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    return deploy


def torn_down(tmp_path, name, capsys):
    """Whether nothing is left after a teardown; what is, if something is."""
    options = ["-f", str(tmp_path / name), "--env", "dev"]
    assert run(["teardown", *options, "--yes"]) == 0
    capsys.readouterr()
    return run(["teardown", *options, "--check"]) == 0 or capsys.readouterr().out


def test_a_custom_dataset_group_with_every_kind_comes_and_goes(deployed, tmp_path, capsys):
    outputs = deployed("personalize.yaml")
    runtime, s3 = boto3.client("personalize-runtime"), boto3.client("s3")

    asked = {"campaignArn": outputs["CampaignForYouArn"], "userId": "c1", "numResults": 5}
    assert len(runtime.get_recommendations(**asked)["itemList"]) == 5
    actions = runtime.get_action_recommendations(campaignArn=outputs["CampaignNextActionArn"], userId="c1")
    assert actions["actionList"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=outputs["DataBucketName"])["Contents"]]
    for job in ("batch-inference/newsletter", "batch-inference/related", "batch-segments/campaign-mail"):
        assert any(key.startswith(f"{job}/output/") and key.endswith(".out") for key in keys), (job, keys)
    assert any(key.startswith("exports/interactions/output/") for key in keys), keys
    parameter = boto3.client("ssm").get_parameter(Name="/personalize/shop-dev/tracking-id")["Parameter"]["Value"]
    assert parameter == outputs["TrackingId"]

    assert torn_down(tmp_path, "personalize.yaml", capsys) is True


def test_a_domain_with_its_recommenders_comes_and_goes(deployed, tmp_path, capsys):
    outputs = deployed("video.yaml")
    runtime = boto3.client("personalize-runtime")

    arns = {key: arn for key, arn in outputs.items() if key.startswith("Recommender")}
    personalize = boto3.client("personalize")
    states = {
        key: personalize.describe_recommender(recommenderArn=arn)["recommender"]["status"] for key, arn in arns.items()
    }
    assert set(states.values()) == {"ACTIVE", "INACTIVE"}  # one is declared as stopped
    answer = runtime.get_recommendations(recommenderArn=arns["RecommenderMostPopularArn"], userId="v1", numResults=3)
    assert len(answer["itemList"]) == 3

    assert torn_down(tmp_path, "video.yaml", capsys) is True
