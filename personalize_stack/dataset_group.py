"""Dataset groups, their schemas and datasets, and the import of data into them."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from personalize_stack.relay import waits
from personalize_stack.resource import PersonalizeResource
from personalize_stack.storage import PreparedFile


class DatasetGroup(PersonalizeResource):
    """The container of datasets, solutions, trackers and filters.

    Args:
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
        encryption_key: The key for the service's copy of the data. Default: a key that AWS owns.
        role: The role that may use the key; needed with a key, refused by the service without one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str | None = None,
        encryption_key: kms.IKey | None = None,
        role: iam.IRole | None = None,
    ) -> None:
        if (encryption_key is None) != (role is None):
            raise ValueError("a dataset group takes an encryption_key together with the role that may use it")
        super().__init__(
            scope,
            construct_id,
            kind="DatasetGroup",
            name=name,
            parameters={
                "kmsKeyArn": encryption_key and encryption_key.key_arn,
                "roleArn": role and role.role_arn,
            },
        )
        if role is not None:
            self.node.add_dependency(role)  # its policies too, not only its ARN

    @property
    def dataset_group_arn(self) -> str:
        """The dataset group's ARN."""
        return self.arn


class Schema(PersonalizeResource):
    """The columns of a dataset. A schema can never change: another content is another schema.

    Args:
        avro: The Avro record, as `data_prep.schemas.avro` builds it.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, avro: Mapping[str, Any], name: str | None = None
    ) -> None:
        text = json.dumps(avro, separators=(",", ":"))
        super().__init__(scope, construct_id, kind="Schema", name=name, parameters={"schema": text})

    @property
    def schema_arn(self) -> str:
        """The schema's ARN."""
        return self.arn


class Dataset(PersonalizeResource):
    """One table of a dataset group; a group holds at most one of each type.

    Args:
        dataset_group: The group it belongs to.
        dataset_type: interactions, items or users.
        schema: Its columns.
        name: What the physical name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroup,
        dataset_type: str,
        schema: Schema,
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

    @property
    def dataset_arn(self) -> str:
        """The dataset's ARN, which its group and type determine."""
        return self.arn

    @property
    def created_at(self) -> str:
        """When it was made: tells a dataset from an earlier one of the same ARN."""
        return self.resource.get_att_string("CreatedAt")


class DatasetImport(PersonalizeResource):
    """Brings a prepared file into a dataset, replacing what was imported before.

    Other content is another import job; the deploy waits until the job is done.

    Args:
        dataset: Where to.
        data: The prepared file.
        role: The role by which the service reads it.
        max_duration: How long a deploy waits for it. Default: 2 hours.
        name: What the job's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: Dataset,
        data: PreparedFile,
        role: iam.IRole,
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        wait = waits(max_duration or Duration.hours(2))
        super().__init__(
            scope,
            construct_id,
            kind="DatasetImportJob",
            name=name,
            parameters={
                "datasetArn": dataset.dataset_arn,
                "dataSource": {"dataLocation": data.uri},
                "roleArn": role.role_arn,
                "importMode": "FULL",
            },
            # The job's name stays taken when the dataset is deleted, and the next dataset has the same ARN.
            generation=dataset.created_at,
            properties=wait.first_leg,
        )
        self.node.add_dependency(role)
        self._finished = wait.further_legs(self, self.arn)

    @property
    def dataset_import_job_arn(self) -> str:
        """The job's ARN, known once the data is imported."""
        return self._finished
