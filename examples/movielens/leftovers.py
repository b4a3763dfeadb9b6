"""Whatever is left in an account: the proof that a destroy left nothing."""

import boto3

from operations.aws import Aws
from operations.teardown.listings import LISTINGS


def leftovers() -> list[str]:
    """Name every Personalize resource of any kind, every bucket and every stack that there is."""
    aws = Aws()
    listings = [listing for listing in LISTINGS if listing.service in {"personalize", "s3", "cloudformation"}]
    return [
        f"{listing.type} {listed.name}" for listing in listings for listed in listing.look(aws, []) if listed.counts
    ]


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
