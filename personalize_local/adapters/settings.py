"""How ministack is told to behave: by environment variables, which it reads when it is imported."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from personalize_local.environment import ACCOUNT, REGION
from personalize_local.errors import LocalCloudError

MINISTACK = "1.5.33"

# What a second of waiting in a state machine takes here; the CDK's custom resources look again every 10 of them.
WAIT_SCALES: Mapping[str, float] = {"instant": 0.02, "brisk": 0.05, "aws": 1}


def require_ministack() -> None:
    """Refuse any version but the one whose internals the adapter knows.

    Raises:
        LocalCloudError: ministack is missing, or another version.
    """
    try:
        installed = version("ministack")
    except PackageNotFoundError as error:
        raise LocalCloudError(
            "the local cloud is not installed; run: pip install 'personalize-stack[local]'"
        ) from error
    if installed != MINISTACK:
        raise LocalCloudError(
            f"the local cloud needs ministack {MINISTACK} exactly, got {installed}; "
            f"run: pip install 'ministack=={MINISTACK}'"
        )


def settings(url: str, port: int, folder: Path, temporary: Path, profile: str) -> dict[str, str]:
    """The variables of the server's process, over which its Lambda functions learn them too.

    Args:
        folder: Where state is kept.
        temporary: Where unpacked Lambda functions go.
        profile: A key of `WAIT_SCALES`.
    """
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        # Roles may do what their policies allow and no more, so a deployment here rehearses the policies too.
        "AUTH": "true",
        # Both would listen on further ports, on all interfaces.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "objects"),
        "SFN_WAIT_SCALE": str(WAIT_SCALES[profile]),
        "TMPDIR": str(temporary),
        # Requests are answered side by side, and trainings run; no one of them takes all cores.
        "OPENBLAS_NUM_THREADS": "1",
        "AWS_ENDPOINT_URL": url,
    }
