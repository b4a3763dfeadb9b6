"""Promotion, rollback and metrics: from the service with the durations of AWS, on a clock of its own."""

import io
import json
import re

import boto3
import pytest
from rich.console import Console

from operations.errors import OperationError
from operations.metrics import NOTHING, TOLD, metrics, sparkline
from operations.promotion import promote, roll_back
from personalize_local.testing import faults
from personalize_stack.config.load import load

from .conftest import ACCOUNT, REGION

CONFIG = """\
project: films
region: eu-west-1
datasets:
  interactions: {source: log.csv, columns: {USER_ID: u, ITEM_ID: i, TIMESTAMP: t}}
solutions: {popular: {recipe: popularity-count}}
campaigns: {popular: {solution: popular}}
"""
SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "version": "1.0",
    "fields": [
        {"name": name, "type": type_}
        for name, type_ in (("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"))
    ],
}


class Deployed:
    """What a deploy makes, in the mocked AWS, and the commands on it."""

    def __init__(self, project, clock):
        self.project, self.clock = project, clock
        self.personalize, self.ssm = boto3.client("personalize"), boto3.client("ssm")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        rows = [f"u{user},i{(user + n) % 40},{1_700_000_000 + 60 * n}" for user in range(60) for n in range(20)]
        s3.put_object(Bucket="data", Key="log.csv", Body="\n".join(["USER_ID,ITEM_ID,TIMESTAMP", *rows]).encode())
        self.group = self.made("DatasetGroup", name="films-dev-group")
        schema = self.personalize.create_schema(name="films-dev-schema", schema=json.dumps(SCHEMA))["schemaArn"]
        self.dataset = self.made(
            "Dataset", name="i", schemaArn=schema, datasetGroupArn=self.group, datasetType="Interactions"
        )
        self.jobs = [self.import_rows("first")]
        recipe = "arn:aws:personalize:::recipe/aws-popularity-count"
        self.solution = self.made("Solution", name="films-dev-popular", datasetGroupArn=self.group, recipeArn=recipe)
        self.versions = [self.train()]
        self.campaign = self.made("Campaign", name="films-dev-popular", solutionVersionArn=self.versions[0])
        self.tell("solutions/popular/arn", self.solution)
        self.tell("campaigns/popular/arn", self.campaign)
        self.tell("campaigns/popular/serving", json.dumps({"version": self.versions[0], "by": "deploy"}))

    def made(self, kind, **parameters):
        stem = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind)
        answer = getattr(self.personalize, f"create{stem}")(**parameters)
        self.clock.advance(3600)
        return next(value for key, value in answer.items() if key.endswith("Arn"))

    def import_rows(self, name, mode="FULL"):
        role = f"arn:aws:iam::{ACCOUNT}:role/any"
        source = {"dataLocation": "s3://data/log.csv"}
        return self.made(
            "DatasetImportJob", jobName=name, datasetArn=self.dataset, dataSource=source, roleArn=role, importMode=mode
        )

    def train(self):
        return self.made("SolutionVersion", solutionArn=self.solution)

    def tell(self, path, value):
        self.ssm.put_parameter(Name=f"/personalize/films-dev/{path}", Value=value, Type="String", Overwrite=True)

    @property
    def serving(self):
        return self.personalize.describe_campaign(campaignArn=self.campaign)["campaign"]["solutionVersionArn"]

    def told(self, command, **options):
        """What a command prints."""
        console = Console(file=io.StringIO(), width=200)
        command(self.project, console, self.clock, **options)
        return console.file.getvalue()

    def metrics(self, **options):
        console = Console(file=io.StringIO(), width=200)
        return metrics(self.project, console, **{"solution": None, "last": 6, **options}), console.file.getvalue()


@pytest.fixture
def project(tmp_path):
    (tmp_path / "personalize.yaml").write_text(CONFIG)
    return load(tmp_path / "personalize.yaml", "dev")


@pytest.fixture
def deployed(project, cloud, clock):
    return Deployed(project, clock)


def test_the_newest_trained_version_takes_over_and_is_noted(deployed):
    newer = deployed.train()
    deployed.personalize.create_solution_version(solutionArn=deployed.solution)  # still in training
    text = deployed.told(promote, version="latest", campaign=None)
    assert deployed.serving == newer
    assert text == f"popular: {newer} serves, in place of {deployed.versions[0].rpartition('/')[2]}\n"
    assert deployed.told(promote, version="latest", campaign="popular") == f"popular: {newer} serves already\n"
    name = "/personalize/films-dev/campaigns/popular/serving"
    assert json.loads(deployed.ssm.get_parameter(Name=name)["Parameter"]["Value"]) == {
        "version": newer,
        "by": "promote",
    }


def test_rollbacks_lead_back_one_by_one_and_a_promotion_forward_again(deployed):
    first, second, third = deployed.versions[0], deployed.train(), deployed.train()
    for version in (second, third):
        deployed.told(promote, version=version.rpartition("/")[2], campaign=None)
    for expected in (second, first):
        answer = json.loads(deployed.told(roll_back, campaign=None, as_json=True))
        assert (answer["version"], answer["changed"]) == (expected, True)
        assert deployed.serving == expected
    with pytest.raises(
        OperationError, match=f"no version is known that served in popular before {first}; personalize promote"
    ):
        deployed.told(roll_back, campaign=None)
    deployed.told(promote, version=third, campaign=None)
    deployed.told(roll_back, campaign=None)
    assert deployed.serving == first


def test_a_version_that_nobody_noted_is_rolled_back_from(deployed):
    newer = deployed.train()
    deployed.personalize.update_campaign(campaignArn=deployed.campaign, solutionVersionArn=newer)
    deployed.told(roll_back, campaign=None)  # waits for the update first
    assert deployed.serving == deployed.versions[0]


def test_a_promotion_that_fails_leaves_what_served_and_is_not_noted(deployed):
    deployed.train()
    faults(REGION, ACCOUNT).add("UpdateCampaign", "fail", reason="no capacity", times=1)
    with pytest.raises(OperationError, match=r"goes on with .*; .* does not take over: no capacity"):
        deployed.told(promote, version="latest", campaign=None)
    assert deployed.serving == deployed.versions[0]
    with pytest.raises(OperationError, match="no version is known that served"):
        deployed.told(roll_back, campaign=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "nonsense"}, "there is no version arn:.*/nonsense; personalize metrics lists them"),
        ({"version": "latest", "campaign": "other"}, "films-dev has no campaign 'other'; it has popular"),
    ],
)
def test_what_cannot_be_promoted_is_told(deployed, options, message):
    with pytest.raises(OperationError, match=message):
        deployed.told(promote, **{"campaign": None, **options})


def test_a_version_in_training_cannot_serve(deployed):
    young = deployed.personalize.create_solution_version(solutionArn=deployed.solution)["solutionVersionArn"]
    with pytest.raises(OperationError, match="is CREATE PENDING; only a trained version can serve"):
        deployed.told(promote, version=young, campaign=None)


def test_which_campaign_is_meant_has_to_be_said(deployed):
    deployed.tell("campaigns/other/arn", deployed.campaign)
    with pytest.raises(
        OperationError, match="films-dev has several campaigns; name one with --campaign: other, popular"
    ):
        deployed.told(roll_back, campaign=None)


def test_where_nothing_is_deployed_it_is_said(project, cloud, clock):
    with pytest.raises(
        OperationError, match=r"no campaign of films-dev is in account .*; personalize deploy makes them"
    ):
        promote(project, Console(file=io.StringIO()), clock, version="latest", campaign=None)
    console = Console(file=io.StringIO(), width=200)
    assert metrics(project, console, solution=None, last=6) == NOTHING
    assert console.file.getvalue().startswith("no solution of films-dev is in account")


def test_versions_stand_side_by_side_with_what_they_learnt_and_who_serves(deployed):
    more = deployed.import_rows("more", "INCREMENTAL")
    newer = deployed.train()
    deployed.import_rows("later")
    deployed.told(promote, version="latest", campaign=None)
    deployed.tell("solutions/popular/judged", '{"version": ""}')
    verdict = {"campaign": "popular", "outcome": "refused", "before": deployed.versions[0], "refusals": []}
    deployed.tell("solutions/popular/judged", json.dumps({"version": newer, "verdicts": [verdict]}))
    deployed.personalize.create_solution_version(solutionArn=deployed.solution)

    code, text = deployed.metrics(as_json=True)
    (solution,) = json.loads(text)
    first, second, third = solution["versions"]
    assert code == TOLD
    assert (solution["solution"], solution["arn"]) == ("popular", deployed.solution)
    assert [version["arn"] for version in (first, second)] == [deployed.versions[0], newer]
    assert first["imports"] == deployed.jobs
    assert second["imports"] == [*deployed.jobs, more]
    assert third["status"] == "CREATE PENDING"
    assert third["metrics"] == {}
    assert len(third["imports"]) == 1  # the full one replaced the others
    assert first["metrics"]["coverage"] > 0
    assert second["verdicts"] == {"popular": "refused"}
    assert list(second["serves"]) == ["popular"]
    assert second["serves"]["popular"].startswith("20")
    assert first["serves"] == {}
    assert [(entry["version"], entry["by"]) for entry in solution["served"]["popular"]][-1:] == [(newer, "promote")]

    code, text = deployed.metrics(last=2)
    lines = {line.split("  ")[0]: line for line in text.splitlines()}
    assert first["arn"].rpartition("/")[2] not in text.splitlines()[0]
    assert re.search(rf"^popular was served by .*{newer.rpartition('/')[2]} from \S+ \S+ \(promote\)$", text, re.M)
    assert lines["gate"].split()[1:] == ["refused"]
    assert "NDCG@25" in lines
    assert f"{newer.rpartition('/')[2]} serves in popular since 20" in text


def test_a_trend_is_a_line_of_bars():
    assert sparkline([0.1, 0.4, 0.2, 0.8]) == "▁▄▂█"
    assert sparkline([0.5, 0.5]) == "▁▁"
    assert sparkline([]) == ""
