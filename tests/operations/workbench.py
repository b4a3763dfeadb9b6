"""Makes resources by hand, in the simulated service."""

import json
from contextlib import suppress
from types import SimpleNamespace

import boto3

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/personalize"
SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")]
    + [{"name": "TIMESTAMP", "type": "long"}],
    "version": "1.0",
}


class Workbench:
    """Makes resources with the client, and waits until they are there."""

    def __init__(self, clock):
        self.clock = clock
        self.personalize = boto3.client("personalize")

    def wait(self, seconds=3_600):
        self.clock.advance(seconds)

    def group(self, name="films", domain=None, **more):
        """A group with a dataset that has interactions."""
        of_domain = {"domain": domain} if domain else {}
        group = self.personalize.create_dataset_group(name=name, **of_domain, **more)["datasetGroupArn"]
        self.wait()
        text = json.dumps(SCHEMA)
        schema = self.personalize.create_schema(name=f"{name}-schema", schema=text, **of_domain)["schemaArn"]
        dataset = self.dataset(group, name, schema)
        job = self.import_rows(dataset)
        self.wait()
        return SimpleNamespace(arn=group, schema=schema, dataset=dataset, job=job)

    def dataset(self, group, name, schema):
        arn = self.personalize.create_dataset(
            name=f"{name}-dataset", datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
        )["datasetArn"]
        self.wait()
        return arn

    def import_rows(self, dataset, name=None):
        rows = "".join(f"u{row % 50},i{row % 97},Watch,{1_700_000_000 + row}\n" for row in range(1_200))
        s3 = boto3.client("s3")
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="data", Key="log.csv", Body="USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + rows)
        return self.personalize.create_dataset_import_job(
            jobName=name or f"{dataset.split('/')[1]}-import",
            datasetArn=dataset,
            dataSource={"dataLocation": "s3://data/log.csv"},
            roleArn=ROLE,
        )["datasetImportJobArn"]

    def solution(self, group, name="popular", **more):
        arn = self.personalize.create_solution(
            name=name,
            datasetGroupArn=group,
            recipeArn="arn:aws:personalize:::recipe/aws-popularity-count",
            performAutoTraining=False,
            **more,
        )["solutionArn"]
        self.wait()
        return arn

    def version(self, solution, seconds=3_600):
        arn = self.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.wait(seconds)
        return arn

    def campaign(self, version, name="popular"):
        arn = self.personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
        self.wait()
        return arn

    def recommender(self, group, name="watched", seconds=3_600):
        arn = self.personalize.create_recommender(
            name=name, datasetGroupArn=group, recipeArn="arn:aws:personalize:::recipe/aws-vod-most-popular"
        )["recommenderArn"]
        self.wait(seconds)
        return arn

    def batch(self, version, filter_arn):
        s3 = boto3.client("s3")
        s3.put_object(Bucket="data", Key="users.json", Body='{"userId": "u1"}')
        return self.personalize.create_batch_inference_job(
            jobName="batch",
            solutionVersionArn=version,
            filterArn=filter_arn,
            jobInput={"s3DataSource": {"path": "s3://data/users.json"}},
            jobOutput={"s3DataDestination": {"path": "s3://data/answers/"}},
            roleArn=ROLE,
        )["batchInferenceJobArn"]

    def filled_group(self, name="films", **more):
        """A group with something of everything that a custom group can have."""
        group = self.group(name, **more)
        for solution in ("one", "two"):
            version = self.version(self.solution(group.arn, f"{name}-{solution}"))
            self.campaign(version, f"{name}-{solution}")
        group.version = version
        self.personalize.create_event_tracker(name=f"{name}-tracker", datasetGroupArn=group.arn)
        self.personalize.create_metric_attribution(
            name=f"{name}-watched",
            datasetGroupArn=group.arn,
            metrics=[{"eventType": "watch", "metricName": "watched", "expression": "SAMPLECOUNT()"}],
            metricsOutputConfig={"roleArn": ROLE},
        )
        group.filter = self.personalize.create_filter(
            name=f"{name}-unseen",
            datasetGroupArn=group.arn,
            filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        )["filterArn"]
        self.wait()
        return group

    def everything(self):
        """The ARNs of all resources of Amazon Personalize, jobs and versions included."""
        found = set()
        for method, operation in self.personalize.meta.method_to_api_mapping.items():
            if operation.startswith("List") and operation not in {
                "ListRecipes",
                "ListTagsForResource",
                "ListMetricAttributionMetrics",
            }:
                summaries = next(
                    value for value in getattr(self.personalize, method)().values() if isinstance(value, list)
                )
                found |= {next(v for k, v in summary.items() if k.endswith("Arn")) for summary in summaries}
        return found
