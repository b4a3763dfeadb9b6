"""Pauses what serves and is not used, and brings it back.

A recommender can be stopped. A campaign cannot: it is deleted, and what is needed to make the same one again, under the
same ARN, is written into the stack's data bucket before. What goes with the stack goes with its bucket.
"""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import ClientError

from operations.functions.serving import Served, described, kind, requests
from operations.functions.telling import PROBLEM, Teller
from operations.functions.turns import complain, take

FOLDER = "operations/paused/"
_DAY = timedelta(days=1)


def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Pause what is idle of what the event names; see `Pauser.pause_idle`."""
    pauser = Pauser(boto3.client("personalize"), boto3.client("s3"), os.environ["BUCKET"])
    teller = Teller(boto3.client("events"), os.environ["BUS"], os.environ["STACK"])
    return pauser.pause_idle(event["targets"], boto3.client("cloudwatch"), teller, lambda: datetime.now(UTC))


class Pauser:
    """Pauses and resumes campaigns and recommenders.

    Args:
        bucket: The stack's data bucket, which keeps the records of paused campaigns.
    """

    def __init__(self, personalize: Any, s3: Any, bucket: str) -> None:
        self._personalize, self._s3, self._bucket = personalize, s3, bucket

    def pause_idle(
        self,
        targets: Mapping[str, Mapping[str, Any]],
        cloudwatch: Any,
        teller: Teller,
        now: Callable[[], datetime],
    ) -> dict[str, str]:
        """Pause each target that nobody has asked anything for as long as it says.

        Args:
            targets: By name, the ARN and `idle_days`.

        Returns:
            By name, what came of it.

        Raises:
            RuntimeError: A target could not be paused; the others were.
        """
        turns = {
            name: partial(self._pause_idle, name, target, cloudwatch, teller, now) for name, target in targets.items()
        }
        outcomes, failures = take(turns)
        complain(failures)
        return outcomes

    def _pause_idle(
        self, name: str, target: Mapping[str, Any], cloudwatch: Any, teller: Teller, now: Callable[[], datetime]
    ) -> str:
        served = described(self._personalize, target["arn"])
        if served is None or served.is_stopped:
            return "paused"
        if served.is_busy:
            return f"busy: {served.status}"
        if not is_idle(cloudwatch, served, now(), target["idle_days"]):
            return "in use"
        self.pause(served)
        outcome = f"paused: no request for {target['idle_days']} days"
        told = f"{name} is {outcome}; to have it back: personalize scale resume {name}"
        teller.tell("Idle, so paused", told, PROBLEM, name=name, arn=served.arn)
        return outcome

    def pause(self, served: Served) -> None:
        """Stop a recommender; write down and delete a campaign."""
        if kind(served.arn) == "Recommender":
            self._personalize.stop_recommender(recommenderArn=served.arn)
            return
        tags = self._personalize.list_tags_for_resource(resourceArn=served.arn)["tags"]
        config = served.values.get("campaignConfig", {})
        version = str(served.values["solutionVersionArn"])
        if config.get("syncWithLatestSolutionVersion"):
            version = version.rpartition("/")[0] + "/$LATEST"
        record = {
            "name": served.values["name"],
            "solutionVersionArn": version,
            "minProvisionedTPS": served.minimum,
            "campaignConfig": config,
            "tags": tags,
        }
        self._s3.put_object(Bucket=self._bucket, Key=_key(served.arn), Body=json.dumps(record).encode())
        self._personalize.delete_campaign(campaignArn=served.arn)

    def record(self, arn: str) -> dict[str, Any] | None:
        """What was written down of a paused campaign; None if it is not paused."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=_key(arn))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return dict(json.loads(body))

    def resume(self, arn: str) -> bool:
        """Start a recommender; make a campaign again as it was. Returns whether it was paused.

        A campaign that a deploy has made again meanwhile is left as it is.
        """
        if kind(arn) == "Recommender":
            served = described(self._personalize, arn)
            if served is None or not served.is_stopped:
                return False
            self._personalize.start_recommender(recommenderArn=arn)
            return True
        record = self.record(arn)
        if record is None:
            return False
        if described(self._personalize, arn) is None:
            self._personalize.create_campaign(**{key: value for key, value in record.items() if value})
        self._s3.delete_object(Bucket=self._bucket, Key=_key(arn))
        return True


def is_idle(cloudwatch: Any, served: Served, now: datetime, days: int) -> bool:
    """Whether it has been there for so many days, and no request came in them."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    begin = now - days * _DAY
    if served.values["creationDateTime"] > begin or served.values["lastUpdatedDateTime"] > begin:
        return False
    return not any(requests(cloudwatch, served.arn, end - (days + 1) * _DAY, end, _DAY))


def _key(arn: str) -> str:
    return f"{FOLDER}{arn.rpartition('/')[2]}.json"
