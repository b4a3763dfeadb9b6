"""What prepares data that one machine cannot hold: an AWS Glue job, and a bucket for what it makes.

A stack of its own, since the recommender's cannot be deployed before its data is prepared.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Duration, IgnoreMode, RemovalPolicy, Stack, Tags
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from personalize_stack.config.model import Project
from personalize_stack.config.preparation import BUCKET_OUTPUT, JOB_OUTPUT, Preparation
from personalize_stack.findings import accept, accept_patterns
from personalize_stack.storage import empty_with_stack

GLUE_VERSION = "5.1"  # Spark 3.5, Python 3.11, Java 17
PACKAGES = ("duckdb", "pydantic", "sqlglot")  # which the job needs and Glue does not have

_ROOT = Path(__file__).parent.parent
# The folder is kept inside the asset, so that a module has one dotted name in the job and here.
_EXCLUDES = ["/*", "!/data_prep", "__pycache__"]


class PreparationStack(Stack):
    """The job that prepares an environment's data, with its bucket.

    Args:
        project: What is declared.
    """

    def __init__(self, scope: Construct, construct_id: str, *, project: Project, **stack_properties: Any) -> None:
        super().__init__(scope, construct_id, **stack_properties)
        key = kms.Key(
            self,
            "Key",
            description=f"{self.stack_name}: data that is being prepared",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=RemovalPolicy.DESTROY,
        )
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=Duration.days(7), abort_incomplete_multipart_upload_after=Duration.days(1))
            ],
            removal_policy=RemovalPolicy.DESTROY,
        )
        accept(bucket, {"S1": "what is in it is brought away at once, and goes by itself"})
        empty_with_stack(self, "Contents", bucket)
        sources = [source.path for dataset in project.datasets.values() for source in dataset.source]
        job = PreparationJob(self, "Job", bucket=bucket, key=key, sources=sources, size=project.prep)
        if project.prep.out:
            job.allow_storing(project.prep.out)
        CfnOutput(self, JOB_OUTPUT, value=job.name)
        CfnOutput(self, BUCKET_OUTPUT, value=bucket.bucket_name)
        for tag, value in {"project": project.project, "environment": project.environment, **project.tags}.items():
            Tags.of(self).add(tag, value)


class PreparationJob(Construct):
    """A Spark job that runs `data_prep`: the code that is here, with the versions of packages that are here.

    Args:
        bucket: Where its orders come from and its results go.
        key: The bucket's; its logs are encrypted with it too.
        sources: What it may read: S3 URIs, with globs.
        size: How many machines of which kind it takes, and how long it may take.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        key: kms.IKey,
        sources: Iterable[str],
        size: Preparation,
    ) -> None:
        super().__init__(scope, construct_id)
        package = assets.Asset(self, "Package", path=str(_ROOT), exclude=_EXCLUDES, ignore_mode=IgnoreMode.GIT)
        script = assets.Asset(self, "Script", path=str(_ROOT / "data_prep" / "job.py"))
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("glue.amazonaws.com"),
            description="Reads the raw logs, and writes what is prepared of them",
        )
        for asset in (package, script):
            self._allow(asset.bucket.arn_for_objects(asset.s3_object_key), "s3:GetObject")
        self._allow(bucket.bucket_arn, "s3:ListBucket")
        self._allow(bucket.arn_for_objects("*"), "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        key.grant(self.role, "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")
        for number, source in enumerate(sorted(set(sources))):
            self._allow_reading(source, number)
        job = glue.CfnJob(
            self,
            "Resource",
            name=Stack.of(self).stack_name,  # by which a pipeline may be allowed to run it
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=script.s3_object_url
            ),
            role=self.role.role_arn,
            glue_version=GLUE_VERSION,
            worker_type=size.worker_type,
            number_of_workers=size.workers,
            timeout=size.max_hours * 60,
            max_retries=0,
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=3),
            security_configuration=self._security(key).ref,
            default_arguments=self._arguments(package),
        )
        self.name = job.ref

    def _arguments(self, package: assets.Asset) -> Mapping[str, str]:
        return {
            "--job-language": "python",
            "--extra-py-files": package.s3_object_url,
            "--additional-python-modules": ",".join(f"{name}=={version(name)}" for name in PACKAGES),
            "--enable-glue-datacatalog": "false",
        }

    def _security(self, key: kms.IKey) -> glue.CfnSecurityConfiguration:
        """Encrypt the logs, and let them be written: of all jobs by one name, which is Glue's choice."""
        stack = Stack.of(self)
        logs = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:/aws-glue/jobs/*"
        self._allow(logs, "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey")
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                resources=["*"],  # the key itself
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
            )
        )
        return glue.CfnSecurityConfiguration(
            self,
            "Security",
            name=f"{stack.stack_name}-encryption",
            encryption_configuration=glue.CfnSecurityConfiguration.EncryptionConfigurationProperty(
                cloud_watch_encryption=glue.CfnSecurityConfiguration.CloudWatchEncryptionProperty(
                    cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn
                ),
                job_bookmarks_encryption=glue.CfnSecurityConfiguration.JobBookmarksEncryptionProperty(
                    job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=key.key_arn
                ),
                s3_encryptions=[
                    glue.CfnSecurityConfiguration.S3EncryptionProperty(
                        s3_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn
                    )
                ],
            ),
        )

    def _allow_reading(self, uri: str, number: int) -> None:
        """Let the job read what a URI names, and list what begins so."""
        name, _, key = uri.removeprefix("s3://").partition("/")
        bucket = s3.Bucket.from_bucket_name(self, f"Source{number}", name)
        beginning = key[: min((key.find(mark) for mark in "*?[" if mark in key), default=len(key))]
        whole = beginning == key and not key.endswith("/")
        self._allow(bucket.arn_for_objects(beginning if whole and key else f"{beginning}*"), "s3:GetObject")
        self._allow(bucket.bucket_arn, "s3:ListBucket", conditions={"StringLike": {"s3:prefix": f"{beginning}*"}})

    def allow_storing(self, uri: str) -> None:
        """Let the job keep prepared files in a folder in S3."""
        name, _, key = uri.rstrip("/").removeprefix("s3://").partition("/")
        bucket = s3.Bucket.from_bucket_name(self, "Store", name)
        objects = bucket.arn_for_objects(f"{key}/*" if key else "*")
        self._allow(objects, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
        self._allow(bucket.bucket_arn, "s3:ListBucket", "s3:ListBucketMultipartUploads")

    def _allow(self, resource: str, *actions: str, conditions: Mapping[str, Any] | None = None) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions))
        accept_patterns(self.role, resource, reason="which files there are, the configuration or the job decides")
