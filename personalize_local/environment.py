"""The environment variables that lead the AWS tools to the local cloud, and those that would lead them past it."""

import os
import re
from collections.abc import Iterator, Mapping

from personalize_local.errors import LocalCloudError

ACCOUNT = "123456789012"
REGION = "us-east-1"

REAL_KEY = re.compile(r"A[KS]IA[A-Z0-9]{16}")
# In the order in which a person unsets them.
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")


def exports(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that send boto3, the AWS and the CDK command line to the local cloud, and nowhere else.

    Args:
        url: Of the local cloud.
        environ: What they will be added to.
    """
    hosts = (environ.get("NO_PROXY") or environ.get("no_proxy") or "").split(",")
    direct = ",".join(dict.fromkeys([*filter(None, hosts), "127.0.0.1"]))
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # Profiles of this machine's user, default ones included, play no part.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": direct,
        "no_proxy": direct,
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "NODE_NO_WARNINGS": "1",
    }


def refuse_real_credentials(environ: Mapping[str, str]) -> None:
    """Refuse an environment that points at AWS, so that a rehearsal never reaches it.

    Credentials in `~/.aws` are no reason to refuse: the local cloud's variables hide those files.

    Raises:
        LocalCloudError: A key looks real, a profile is chosen, or a service's own endpoint is set.
    """
    names = list(_pointing_at_aws(environ))
    if names:
        raise LocalCloudError(
            f"the environment points at AWS with {', '.join(names)}; so that a rehearsal never reaches it, "
            f"run first: unset {' '.join(name for name in names)}"
        )


def _pointing_at_aws(environ: Mapping[str, str]) -> Iterator[str]:
    if REAL_KEY.fullmatch(environ.get("AWS_ACCESS_KEY_ID", "")):
        yield from (name for name in KEYS if environ.get(name))
    yield from (name for name in PROFILES if environ.get(name))
    # These go before AWS_ENDPOINT_URL.
    yield from sorted(name for name in environ if name.startswith("AWS_ENDPOINT_URL_"))
