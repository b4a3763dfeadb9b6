"""Dataset groups, their schemas and datasets."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from personalize_stack.metrics import metric
from personalize_stack.resource import PersonalizeResource, Reference

Domain = Literal["ECOMMERCE", "VIDEO_ON_DEMAND"]


class DatasetGroupBase(Reference):
    """A dataset group, wherever it was made."""

    @property
    def dataset_group_arn(self) -> str:
        """The dataset group's ARN."""
        return self.arn


class DatasetGroup(PersonalizeResource, DatasetGroupBase):
    """The container of datasets, solutions, recommenders, trackers and filters.

    Args:
        domain: The domain whose use cases its recommenders serve. Default: none, a custom dataset group.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
        encryption_key: The key for the service's copy of the data. Default: a key that AWS owns.
        role: The role that may use the key; needed with a key, refused by the service without one.
        generation: Any text; with another one the group is made anew, and everything in it. Default: none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        domain: Domain | None = None,
        name: str | None = None,
        encryption_key: kms.IKey | None = None,
        role: iam.IRole | None = None,
        generation: str | None = None,
    ) -> None:
        if (encryption_key is None) != (role is None):
            raise ValueError("a dataset group takes an encryption_key together with the role that may use it")
        super().__init__(
            scope,
            construct_id,
            kind="DatasetGroup",
            name=name,
            parameters={
                "domain": domain,
                "kmsKeyArn": encryption_key and encryption_key.key_arn,
                "roleArn": role and role.role_arn,
            },
            generation=(generation,),
        )
        if role is not None:
            self.node.add_dependency(role)  # its policies too, not only its ARN

    @staticmethod
    def from_dataset_group_arn(scope: Construct, construct_id: str, dataset_group_arn: str) -> DatasetGroupBase:
        """Refer to a dataset group that exists already; it is not changed or deleted."""
        return DatasetGroupBase(scope, construct_id, arn=dataset_group_arn)


class SchemaBase(Reference):
    """A schema, wherever it was made."""

    @property
    def schema_arn(self) -> str:
        """The schema's ARN."""
        return self.arn


class Schema(PersonalizeResource, SchemaBase):
    """The columns of a dataset. A schema can never change: another content is another schema.

    Args:
        avro: The Avro record, as `data_prep.schemas.avro` builds it.
        domain: The domain of the dataset group that it is for. Default: none, a custom dataset group.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        avro: Mapping[str, Any],
        domain: Domain | None = None,
        name: str | None = None,
    ) -> None:
        text = json.dumps(avro, separators=(",", ":"))
        super().__init__(scope, construct_id, kind="Schema", name=name, parameters={"schema": text, "domain": domain})

    @staticmethod
    def from_schema_arn(scope: Construct, construct_id: str, schema_arn: str) -> SchemaBase:
        """Refer to a schema that exists already; it is not deleted."""
        return SchemaBase(scope, construct_id, arn=schema_arn)


class DatasetBase(Reference):
    """A dataset, wherever it was made.

    Attributes:
        dataset_group: The group it belongs to.
    """

    dataset_group: DatasetGroupBase

    @property
    def dataset_arn(self) -> str:
        """The dataset's ARN, which its group and type determine."""
        return self.arn

    @property
    def created_at(self) -> str | None:
        """When it was made: tells a dataset from an earlier one of the same ARN. None: it was made elsewhere."""
        return None

    def grant_put(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let the grantee add single records: items, users, actions, or interactions with actions."""
        return self._grant(grantee, "PutItems", "PutUsers", "PutActions", "PutActionInteractions")

    def metric(self, metric_name: str, **options: Any) -> cloudwatch.Metric:
        """Return one of the dataset's metrics: PutItemsRequests, PutUsersLatency … Default: their sum."""
        dimensions = {"DatasetGroupArn": self.dataset_group.dataset_group_arn, "DatasetArn": self.dataset_arn}
        return metric(metric_name, "Sum", dimensions, options)


class Dataset(PersonalizeResource, DatasetBase):
    """One table of a dataset group; a group holds at most one of each type.

    Args:
        dataset_group: The group it belongs to.
        dataset_type: interactions, items, users, actions or action_interactions; domains know the first three.
        schema: Its columns. Items and users take another schema in place, if it only adds columns that allow null.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroupBase,
        dataset_type: str,
        schema: SchemaBase,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="Dataset",
            name=name,
            parameters={
                "datasetGroupArn": dataset_group.dataset_group_arn,
                "datasetType": dataset_type,
                "schemaArn": schema.schema_arn,
            },
        )
        self.dataset_group = dataset_group

    @staticmethod
    def from_dataset_arn(
        scope: Construct, construct_id: str, dataset_arn: str, dataset_group: DatasetGroupBase
    ) -> DatasetBase:
        """Refer to a dataset that exists already; it is not changed or deleted."""
        dataset = DatasetBase(scope, construct_id, arn=dataset_arn)
        dataset.dataset_group = dataset_group
        return dataset

    @property
    def created_at(self) -> str | None:
        """When it was made: tells a dataset from an earlier one of the same ARN."""
        return self.resource.get_att_string("CreatedAt")

    @property
    def tracking_id(self) -> str:
        """What an application passes to PutActionInteractions; empty but for interactions with actions."""
        return self.resource.get_att_string("TrackingId")
