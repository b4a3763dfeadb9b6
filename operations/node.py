"""Node.js, which the CDK needs: its command line is written in it, and so is the kernel behind `aws_cdk`."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from operations.errors import OperationError

OLDEST = 18
ADVISED = 24
GET_NODE = f"install Node.js {ADVISED} from https://nodejs.org or with your package manager"

# What jsii asks for before it prints a banner about the age of Node.js. The first holds major versions.
BANNERS = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": ",".join(map(str, range(OLDEST, ADVISED + 1))),
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
}


def require_node() -> str:
    """Find Node.js on the PATH.

    Raises:
        OperationError: There is none, or it is older than version 18.
    """
    node = shutil.which("node")
    if node is None:
        raise OperationError(f"the CDK needs Node.js {OLDEST} or newer, and there is no `node` on the PATH; {GET_NODE}")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.", answer.stdout)
    if version is None:
        said = (answer.stdout + answer.stderr).strip()
        raise OperationError(
            f"the CDK needs Node.js {OLDEST} or newer, and `{node} --version` says {said!r}; {GET_NODE}"
        )
    if int(version[1]) < OLDEST:
        given = answer.stdout.strip()
        raise OperationError(f"the CDK needs Node.js {OLDEST} or newer, and {node} is {given}; {GET_NODE}")
    return node


def silence_end_of_life_banners() -> None:
    """Keep jsii from printing banners about the age of Node.js in this process and its children."""
    for name, value in BANNERS.items():
        os.environ.setdefault(name, value)


def cdk_command(folder: Path) -> list[str]:
    """The command that runs the CDK command line pinned beside an app.

    Args:
        folder: The app's; the command line is looked for there and upwards, as Node.js does.

    Raises:
        OperationError: Node.js or the command line is missing, or the command line is not the pinned version.
    """
    node = require_node()
    for parent in (folder.resolve(), *folder.resolve().parents):
        package = parent / "node_modules" / "aws-cdk"
        if package.is_dir():
            _require_pinned(package, parent / "package.json")
            return [node, str(package / "bin" / "cdk")]
    raise OperationError(f"the CDK command line is not in node_modules in {folder} or above it; run `make setup`")


def _require_pinned(package: Path, pins: Path) -> None:
    """npm's "latest" (3.0.0) is older than its number says; it fails on every app with a message about schemas."""
    installed = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    pinned = (
        json.loads(pins.read_text(encoding="utf-8")).get("devDependencies", {}).get("aws-cdk")
        if pins.exists()
        else None
    )
    if pinned and installed != pinned:
        raise OperationError(
            f"the CDK command line in {package} is {installed}, and {pins} pins {pinned}; run `make setup`"
        )
