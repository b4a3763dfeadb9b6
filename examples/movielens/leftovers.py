"""Whatever is left in an account: the proof that a destroy left nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.client import BaseClient

# The service's own recipes, and what is listed of a resource.
_NO_RESOURCES = {"ListRecipes", "ListMetricAttributionMetrics", "ListTagsForResource"}


def leftovers() -> list[str]:
    """Name every Personalize resource of any kind, every bucket and every stack that there is."""
    stacks = boto3.client("cloudformation").get_paginator("describe_stacks").paginate().build_full_result()["Stacks"]
    return [
        *_personalize_resources(boto3.client("personalize")),
        *(f"bucket {bucket['Name']}" for bucket in boto3.client("s3").list_buckets()["Buckets"]),
        *(f"stack {stack['StackName']}" for stack in stacks),
    ]


def _personalize_resources(personalize: BaseClient) -> Iterator[str]:
    """Ask every List operation that lists resources of the account."""
    for method, operation in personalize.meta.method_to_api_mapping.items():
        if operation.startswith("List") and operation not in _NO_RESOURCES:
            for resource in _summaries(getattr(personalize, method)):
                yield next(value for key, value in resource.items() if key.endswith("Arn"))


def _summaries(operation: Callable[..., dict[str, Any]]) -> Iterator[dict[str, str]]:
    token: dict[str, str] = {}
    while True:
        answer = operation(**token)
        yield from next(value for value in answer.values() if isinstance(value, list))
        if "nextToken" not in answer:
            return
        token = {"nextToken": answer["nextToken"]}


def remove_bootstrap() -> None:
    """Delete what `cdk bootstrap` made, whose bucket it retains for good reasons that a demo does not have."""
    cloudformation, s3 = boto3.client("cloudformation"), boto3.resource("s3")
    resources = cloudformation.describe_stack_resources(StackName="CDKToolkit")["StackResources"]
    (bucket,) = (s3.Bucket(r["PhysicalResourceId"]) for r in resources if r["ResourceType"] == "AWS::S3::Bucket")
    bucket.object_versions.delete()
    cloudformation.delete_stack(StackName="CDKToolkit")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="CDKToolkit", WaiterConfig={"Delay": 1})
    if bucket.creation_date:
        bucket.delete()
