"""The CDK entry: load the project's YAML, build the stack of one environment, synthesize.

npx cdk deploy -c config=personalize.yaml -c env=dev

With `-c preparation=true`, it is the stack with the job that prepares the environment's data.
"""

import os
import sys
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from operations.errors import OperationError
from operations.node import require_node, silence_end_of_life_banners
from personalize_stack.config.errors import ConfigError


def main() -> None:
    """Synthesize the stack of the environment that the context names."""
    require_node()
    silence_end_of_life_banners()  # before jsii starts Node, which is at the first import of aws_cdk
    import aws_cdk

    from data_prep.errors import ManifestError
    from data_prep.manifest import Manifest
    from data_prep.spec import fingerprint
    from personalize_stack.config.load import load
    from personalize_stack.preparation import PreparationStack
    from personalize_stack.stack import PersonalizeStack

    app = aws_cdk.App()
    path = Path(app.node.try_get_context("config") or "personalize.yaml")
    project = load(path, app.node.try_get_context("env") or "dev")
    target = aws_cdk.Environment(
        account=project.account or os.environ.get("CDK_DEFAULT_ACCOUNT"),
        region=project.region or os.environ.get("CDK_DEFAULT_REGION"),
    )
    if app.node.try_get_context("preparation"):
        PreparationStack(app, project.preparation_stack_name, project=project, env=target)
        app.synth()
        return
    prepared = project.root / project.prepared
    try:
        # A dataset group that exists already may need no data from here.
        manifest = Manifest.read(prepared) if project.datasets else Manifest({}, {}, prepared, project.domain)
        reasons = manifest.is_current(fingerprint(project.datasets), project.root, project.domain)
    except ManifestError as error:
        reasons = [str(error)]
    errors = project.missing_inputs()
    if reasons:
        command = f"personalize prep -f {path} --env {project.environment}"
        errors.append(f"the data is not prepared as the configuration says: {'; '.join(reasons)}; run: {command}")
    if errors:
        # Not a failed synth: what is deployed can still be listed and destroyed.
        stack = aws_cdk.Stack(app, project.stack_name, env=target)
        aws_cdk.CfnWaitConditionHandle(stack, "Nothing")  # a template without resources is warned of
        for error in errors:
            aws_cdk.Annotations.of(stack).add_error(error)
    else:
        PersonalizeStack(
            app, project.stack_name, project=project, manifest=manifest, on_aws=not _is_local_cloud(), env=target
        )
    app.synth()


def _is_local_cloud() -> bool:
    """Whether the AWS endpoint is on this machine."""
    host = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    try:
        main()
    except (ConfigError, OperationError) as error:
        sys.exit(f"personalize: {error}")
