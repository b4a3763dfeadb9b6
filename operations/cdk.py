"""The CDK command line as a child process: the real one, as a person would run it."""

import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from operations.errors import ApprovalRequired, OperationError
from operations.node import BANNERS, cdk_command

SHOWN_LINES = 12
GRACE_SECONDS = 5
# movielens-dev | 9:05:53 PM | CREATE_FAILED | Custom::PersonalizeSchema | ItemsSchema/Resource (…) what is wrong
FAILURE = re.compile(r"\| \w+_FAILED +\| [^|]*\| (?P<what>\S+?)(/Resource)?(/Default)? \(\w+\) (?P<reason>.+)")
NOBODY_TO_ASK = "terminal (TTY) is not attached"
TABLE = re.compile(r"[┌│├└]|(IAM|Security Group) .*Changes$")  # of the changes that ask for approval
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
QUIET = {
    "CDK_DISABLE_VERSION_CHECK": "1",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "NODE_NO_WARNINGS": "1",
    "NO_COLOR": "1",
}


@dataclass(frozen=True)
class Cdk:
    """The CDK command line on one app.

    Args:
        app: The folder with the app's cdk.json; the command line is the one in node_modules there or above.
        log: Where the whole output goes; what is in the file already stays.
        environment: Variables of the child process. Default: this process's.
        context: Values of `-c KEY=VALUE`.
        progress: Called with each line of the output, as it comes, without colours.
        assembly: What `synthesize` wrote. Default: each command runs the app again.
        output: Where the app is synthesized to when a command runs it; two commands cannot share it at one time.
            Default: what cdk.json says.
    """

    app: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    context: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[str], None] = lambda line: None
    assembly: Path | None = None
    output: Path | None = None

    def synthesize(self, output: Path) -> "Cdk":
        """Run the app once, and return this command line on what it wrote, where commands start many times faster."""
        self.run("synth", "--quiet", "--output", str(output))
        return replace(self, assembly=output)

    def bootstrap(self, account: str, region: str) -> None:
        """Make what deployments need in an account and region, whatever the app; without a change, a check."""
        with TemporaryDirectory() as no_app:
            self._run(Path(no_app), "bootstrap", f"aws://{account}/{region}")

    def deploy(self, *stacks: str, require_approval: str = "never", change_set: str | None = None) -> None:
        """Deploy the stacks, or the app's only one, without asking.

        Args:
            change_set: Only make a change set of this name, for somebody else to execute. Default: deploy.
            require_approval: When not to deploy at all, as the command line names it: "never", "any-change", or
                "broadening", when permissions or network rules get wider.

        Raises:
            ApprovalRequired: That is so; nothing was changed.
            OperationError: The deploy failed, with the reasons.
        """
        lines: list[str] = []

        def take(line: str) -> None:
            lines.append(line)
            self.progress(line)

        prepare = ("--method", "prepare-change-set", "--change-set-name", change_set) if change_set else ()
        arguments = ("deploy", *stacks, "--require-approval", require_approval, "--progress", "events", *prepare)
        try:
            replace(self, progress=take).run(*arguments)
        except OperationError as error:
            if any(NOBODY_TO_ASK in line for line in lines):
                raise ApprovalRequired([line for line in lines if TABLE.match(line)]) from error
            raise

    def diff(self, *stacks: str) -> bool:
        """Whether the stacks, or the app's only one, differ from what is deployed."""
        lines = self.run("diff", *stacks)
        return not any(re.search(r"Number of stacks with differences: 0\b", line) for line in lines)

    def destroy(self, *stacks: str) -> None:
        """Delete the stacks, or the app's only one, without asking."""
        self.run("destroy", *stacks, "--force")

    def run(self, *arguments: str) -> list[str]:
        """Run one command on the app to its end and return its last lines. Interrupted, it leaves no process behind.

        Raises:
            OperationError: It failed, with the reasons; or Node.js or the command line is missing.
        """
        app: tuple[str, ...] = ("--output", str(self.output)) if self.output and arguments[0] != "synth" else ()
        if self.assembly:
            app = ("--app", str(self.assembly.resolve()))
        context = [part for key, value in self.context.items() for part in ("--context", f"{key}={value}")]
        return self._run(self.app, *arguments, *app, *context)

    def _run(self, folder: Path, *arguments: str) -> list[str]:
        command = [*cdk_command(self.app), *arguments, "--no-notices"]
        last: deque[str] = deque(maxlen=SHOWN_LINES)
        reasons: dict[str, None] = {}  # in order, each once
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", buffering=1, encoding="utf-8") as log:
            log.write(f"$ cdk {' '.join(arguments)}\n")

            def take(line: str) -> None:
                log.write(f"{line}\n")
                last.append(line)
                if failure := FAILURE.search(line):
                    reasons[f"{failure['what']}: {failure['reason']}"] = None
                self.progress(line)

            code = self._follow(command, folder, take)
        if code != 0:
            said = "\n".join(f"  {line}" for line in reasons or last)
            raise OperationError(f"`cdk {arguments[0]}` failed (exit status {code}); all it said: {self.log}\n{said}")
        return list(last)

    def _follow(self, command: list[str], folder: Path, take: Callable[[str], None]) -> int:
        """Run the command, give each line that says something to `take`, and return the exit status."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**BANNERS, **QUIET, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # the group to end: the command line, the app, the app's own Node.js
        )
        assert process.stdout is not None
        with process.stdout:
            try:
                for line in process.stdout:
                    text = COLOURS.sub("", line).rstrip()
                    if text:
                        take(text)
                return process.wait()
            except BaseException:
                _end(process)
                raise


def _end(process: subprocess.Popen[str]) -> None:
    """End the process and its children, gently first."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    process.wait()
