"""Data into a dataset, out of it, and out of the service: import, export and data deletion jobs."""

from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from personalize_stack.dataset_group import DatasetBase, DatasetGroupBase
from personalize_stack.relay import Job
from personalize_stack.storage import PreparedFile, PreparedFolder


class DatasetImport(Job):
    """Brings prepared files into a dataset. Other content is another import job; the deploy waits for it.

    Args:
        dataset: Where to.
        data: The prepared file, or the folder of files.
        role: The role by which the service reads it.
        mode: FULL replaces what was imported before, INCREMENTAL adds to it and replaces records of the same ID; the
            first import of a dataset is FULL. Default: FULL.
        run: Any text; another one imports again. Default: none.
        publish_attribution_metrics: Whether the import's part in the metric attribution is reported to S3.
            Default: False.
        max_duration: How long a deploy waits for it. Default: 2 hours.
        name: What the job's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: DatasetBase,
        data: PreparedFile | PreparedFolder,
        role: iam.IRole,
        mode: Literal["FULL", "INCREMENTAL"] = "FULL",
        run: str | None = None,
        publish_attribution_metrics: bool = False,
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="DatasetImportJob",
            name=name,
            parameters={
                "datasetArn": dataset.dataset_arn,
                "dataSource": {"dataLocation": data.uri},
                "roleArn": role.role_arn,
                "importMode": mode,
                "publishAttributionMetricsToS3": publish_attribution_metrics or None,
            },
            # The job's name stays taken when the dataset is deleted, and the next dataset has the same ARN.
            generation=(dataset.created_at, run),
            max_duration=max_duration or Duration.hours(2),
            role=role,
        )
        self.node.add_dependency(data)  # the URI of a folder says nothing of the files in it

    @property
    def dataset_import_job_arn(self) -> str:
        """The job's ARN, known once the data is imported."""
        return self.finished_arn


class DatasetExport(Job):
    """Writes a dataset's rows to S3 as CSV; the deploy waits for it.

    Args:
        dataset: Whose rows.
        output: The folder, `s3://bucket/folder/`.
        role: The role by which the service writes it.
        ingestion_mode: What was imported (BULK), what came one by one (PUT), or ALL. Default: PUT.
        encryption_key: The key for the files. Default: the bucket's own.
        run: Any text; another one exports again. Default: none.
        max_duration: How long a deploy waits for it. Default: 2 hours.
        name: What the job's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: DatasetBase,
        output: str,
        role: iam.IRole,
        ingestion_mode: Literal["BULK", "PUT", "ALL"] = "PUT",
        encryption_key: kms.IKey | None = None,
        run: str | None = None,
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="DatasetExportJob",
            name=name,
            parameters={
                "datasetArn": dataset.dataset_arn,
                "ingestionMode": ingestion_mode,
                "roleArn": role.role_arn,
                "jobOutput": {
                    "s3DataDestination": {"path": output, "kmsKeyArn": encryption_key and encryption_key.key_arn}
                },
            },
            generation=(dataset.created_at, run),
            max_duration=max_duration or Duration.hours(2),
            role=role,
        )

    @property
    def dataset_export_job_arn(self) -> str:
        """The job's ARN, known once the files are written."""
        return self.finished_arn


class DataDeletion(Job):
    """Removes users, and all that they did, from a dataset group; the deploy waits for it.

    Models know them until they are trained anew. It must not run beside imports, trainings and batch jobs of the group
    (developer guide, "delete-records"): give those as dependencies.

    Args:
        dataset_group: The group.
        input: A folder of CSV files with a column USER_ID, `s3://bucket/folder/`, at most 100 MB; it cannot be
            encrypted with a key of one's own.
        role: The role by which the service reads it.
        run: Any text; another one deletes again. Default: none.
        max_duration: How long a deploy waits for it. Default: 24 hours.
        name: What the job's name begins with. Default: the stack's name and the construct's ID.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset_group: DatasetGroupBase,
        input: str,
        role: iam.IRole,
        run: str | None = None,
        max_duration: Duration | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            kind="DataDeletionJob",
            name=name,
            parameters={
                "datasetGroupArn": dataset_group.dataset_group_arn,
                "dataSource": {"dataLocation": input},
                "roleArn": role.role_arn,
            },
            generation=(run,),
            max_duration=max_duration or Duration.hours(24),
            role=role,
        )

    @property
    def data_deletion_job_arn(self) -> str:
        """The job's ARN, known once the users are gone."""
        return self.finished_arn
