"""Where the data lies and who may read it: key, bucket, service role, prepared files."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from personalize_stack.findings import accept, accept_patterns
from personalize_stack.provider import PersonalizeProvider


class Storage(Construct):
    """A bucket and a key for the data, and the role by which Amazon Personalize reaches them.

    Both the role's policy and the bucket's must allow the service's reads
    (https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html), and the key's its
    decryption; the conditions keep other accounts' use of the service out (confused deputy).

    Args:
        retain: Keep bucket and key when the stack is deleted. Default: the bucket is emptied and both are deleted.
    """

    def __init__(self, scope: Construct, construct_id: str, *, retain: bool = False) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        removal = RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY
        service = iam.ServicePrincipal(
            "personalize.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {
                    "aws:SourceArn": f"arn:{stack.partition}:personalize:{stack.region}:{stack.account}:*",
                },
            },
        )
        self.key = kms.Key(
            self,
            "Key",
            description=f"{stack.stack_name}: recommender data",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=removal,
        )
        self.key.grant(
            service, "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant", "kms:ListGrants"
        )
        self.bucket = s3.Bucket(
            self,
            "Data",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30))],
            removal_policy=removal,
        )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[service],
                actions=["s3:ListBucket", "s3:GetObject"],
                resources=[self.bucket.bucket_arn, self.bucket.arn_for_objects("*")],
            )
        )
        self.role = iam.Role(
            self, "ServiceRole", assumed_by=service, description="Amazon Personalize reads the prepared data"
        )
        self._service = service
        self._expiring: set[str] = set()
        _allow(self.role, self.bucket.bucket_arn, "s3:ListBucket")
        _allow(self.role, self.bucket.arn_for_objects("*"), "s3:GetObject")
        self.key.grant(self.role, "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")
        accept(self.bucket, {"S1": "only the service reads it; a bucket of access logs would outlive the stack"})
        provider = PersonalizeProvider.of(self)
        provider.encrypt_logs(self.key)
        provider.allow_passing(self.role)
        _allow(
            provider.role,
            self.bucket.arn_for_objects("*"),
            "s3:PutObject",
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
        )
        self.key.grant(provider.role, "kms:Decrypt", "kms:GenerateDataKey")
        if not retain:
            empty_with_stack(self, "DataContents", self.bucket)

    def output(self, folder: str) -> str:
        """Let the service write into a folder of the bucket; return its URI."""
        objects = self.bucket.arn_for_objects(f"{folder}/*")
        _allow(self.role, objects, "s3:PutObject")
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(principals=[self._service], actions=["s3:PutObject"], resources=[objects])
        )
        return f"s3://{self.bucket.bucket_name}/{folder}/"

    def expect(self, folder: str, *, kept: Duration | None) -> None:
        """Take new files in a folder; those that may go after a while are deleted then.

        Args:
            kept: How long. None: for ever.
        """
        if kept and folder not in self._expiring:
            self.bucket.add_lifecycle_rule(id=f"{folder} expires", prefix=f"{folder}/", expiration=kept)
            self._expiring.add(folder)

    def announce(self) -> None:
        """Tell EventBridge of every new file; the CDK's own way takes a Lambda function for what is a property."""
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

    def report_metrics(self) -> None:
        """Let the service put metrics of attribution into CloudWatch; the action knows no resource."""
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": "AWS/Personalize"}},
            )
        )
        accept_patterns(self.role, "*", reason="putting metrics knows no resource; the namespace bounds it")


def empty_with_stack(scope: Construct, construct_id: str, bucket: s3.IBucket) -> None:
    """Empty a bucket when the stack is deleted, since CloudFormation deletes only an empty one."""
    provider = PersonalizeProvider.of(scope)
    _allow(provider.role, bucket.bucket_arn, "s3:ListBucketVersions")
    _allow(provider.role, bucket.arn_for_objects("*"), "s3:DeleteObjectVersion")
    # What depends on the scope is deleted before this.
    CustomResource(
        scope,
        construct_id,
        resource_type="Custom::PersonalizeBucketContents",
        service_token=provider.service_token,
        properties={"Bucket": bucket.bucket_name},
    )


class PreparedFile(Construct):
    """A prepared file, brought into the data bucket as part of the deploy.

    The key holds the content's hash: changed data is another object, hence another import; unchanged data is none.

    Args:
        storage: Where to.
        path: The file on this machine, or the URI of an object, which the stack's function must be able to decrypt.
        prefix: The folder in the bucket, e.g. "interactions".
        sha256: The content's hash, as the manifest has it.
        own_key: Whether it is encrypted with the storage's key; data deletion jobs read files of S3's own keys alone.
            Default: True.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        path: Path | str,
        prefix: str,
        sha256: str,
        own_key: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        provider = PersonalizeProvider.of(self)
        if isinstance(path, Path):
            asset = assets.Asset(self, "Asset", path=str(path))
            bucket, key, name = asset.bucket, asset.s3_object_key, path.name
        else:
            name, _, key = path.removeprefix("s3://").partition("/")
            bucket, name = s3.Bucket.from_bucket_name(self, "Prepared", name), key.rpartition("/")[2]
        _allow(provider.role, bucket.arn_for_objects(key), "s3:GetObject")
        copy = CustomResource(
            self,
            "Resource",
            resource_type="Custom::PersonalizeDataObject",
            service_token=provider.service_token,
            properties={
                "SourceBucket": bucket.bucket_name,
                "SourceKey": key,
                "Bucket": storage.bucket.bucket_name,
                "Key": f"{_folder(prefix, sha256)}/{name}",
                **({} if own_key else {"Encryption": "AES256"}),
            },
        )
        copy.node.add_dependency(storage)
        self.uri = copy.get_att_string("Uri")


class PreparedFolder(Construct):
    """Prepared files of one dataset, brought into a folder of the data bucket as part of the deploy.

    Args:
        storage: Where to.
        paths: The files on this machine, or the URIs of objects; each has another name.
        prefix: The folder of the dataset in the bucket, e.g. "interactions".
        sha256: What tells this content from another, as the manifest has it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        paths: Sequence[Path | str],
        prefix: str,
        sha256: str,
    ) -> None:
        super().__init__(scope, construct_id)
        for number, path in enumerate(paths, start=1):
            PreparedFile(self, f"Part{number}", storage=storage, path=path, prefix=prefix, sha256=sha256)
        self.uri = f"s3://{storage.bucket.bucket_name}/{_folder(prefix, sha256)}/"


def _folder(prefix: str, sha256: str) -> str:
    return f"{prefix}/{sha256[:16]}"


def _allow(role: iam.Role, resource: str, *actions: str) -> None:
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))
    accept_patterns(role, resource, reason="which files there are, a deploy or a job decides")
