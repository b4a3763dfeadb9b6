"""The CDK command line as a child process, in whose place the tests put small programs."""

import re
import socket
import textwrap
import time
from contextlib import suppress

import pytest

from operations.cdk import Cdk
from operations.errors import OperationError


@pytest.fixture
def cdk(tmp_path):
    """Makes the command line on an app, with this program in its place."""

    def make(program, **more):
        package = tmp_path / "node_modules" / "aws-cdk"
        (package / "bin").mkdir(parents=True)
        (package / "package.json").write_text('{"version": "2.1"}')
        (package / "bin" / "cdk").write_text(textwrap.dedent(program))
        return Cdk(tmp_path, tmp_path / "logs" / "cdk.log", **more)

    return make


ECHO = """
    console.log(process.cwd())
    console.log(process.argv.slice(2).join(" "))
"""


def test_each_line_goes_to_the_log_and_to_whoever_follows(cdk):
    lines = []
    command = cdk("console.log('\\x1b[32mone\\x1b[0m'); console.log(); console.error('two')", progress=lines.append)
    assert command.run("list") == ["one", "two"]
    assert lines == ["one", "two"]
    assert command.log.read_text() == "$ cdk list\none\ntwo\n"


def test_the_commands_are_given_what_they_need(cdk, tmp_path):
    command = cdk(ECHO, context={"config": "a b.yaml"})
    said = []

    def ran(call, *arguments):
        call(*arguments)
        said[:] = command.log.read_text().splitlines()[-2:]
        return said[1]

    assert ran(command.deploy) == (
        "deploy --require-approval never --progress events --context config=a b.yaml --no-notices"
    )
    assert said[0] == str(tmp_path)
    assert ran(command.destroy, "one", "two") == "destroy one two --force --context config=a b.yaml --no-notices"
    assert ran(command.bootstrap, "123456789012", "eu-west-1") == (
        "bootstrap aws://123456789012/eu-west-1 --no-notices"
    )
    assert said[0] != str(tmp_path), "where there is an app, bootstrap runs it"


def test_what_was_synthesized_is_not_synthesized_again(cdk, tmp_path):
    command = cdk(ECHO).synthesize(tmp_path / "out")
    assert f"synth --quiet --output {tmp_path}/out" in command.log.read_text()
    assert command.run("list")[-1] == f"list --app {tmp_path}/out --no-notices"


@pytest.mark.parametrize(("count", "differs"), [(0, False), (1, True), (10, True)])
def test_a_diff_tells_whether_there_are_differences(cdk, count, differs):
    assert cdk(f"console.log('Number of stacks with differences: {count}')").diff() == differs


def test_a_failure_tells_the_resources_that_failed_and_why(cdk):
    command = cdk("""
        console.log("app | 1/9 | 9:05:53 PM | CREATE_FAILED | Custom::Thing | Group/Resource/Default (Id) no money")
        console.log("app | 2/9 | 9:05:54 PM | DELETE_COMPLETE | Custom::Thing | Group/Resource/Default (Id)")
        console.log("app | 9:05:53 PM | CREATE_FAILED | Custom::Thing | Group/Resource/Default (Id) no money")
        console.log("a long story")
        process.exit(1)
    """)
    expected = f"`cdk deploy` failed (exit status 1); all it said: {command.log}\n  Group: no money"
    with pytest.raises(OperationError, match=f"^{re.escape(expected)}$"):
        command.deploy()


def test_another_failure_tells_the_last_lines(cdk):
    with pytest.raises(OperationError, match=r"failed \(exit status 3\).*\n  no such app$"):
        cdk("console.log('no such app'); process.exit(3)").run("synth")


def test_an_interruption_leaves_no_process(cdk):
    ports = []

    def interrupt(line):
        ports.append(int(line))
        raise KeyboardInterrupt

    # The app of the command line, listening so that one can tell that it runs, and deaf to polite requests.
    listen = "process.on('SIGTERM', () => {}); " + (
        "const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))"
    )
    command = cdk(
        f"require('child_process').spawnSync('node', ['-e', {listen!r}], {{stdio: 'inherit'}})", progress=interrupt
    )
    with pytest.raises(KeyboardInterrupt):
        command.deploy()
    deadline = time.monotonic() + 10
    with suppress(ConnectionRefusedError, ConnectionResetError):
        while time.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", ports[0])).close()
        pytest.fail("it still listens")


def test_the_environment_is_the_one_that_was_given(cdk):
    command = cdk(
        "console.log(process.env.AWS_ENDPOINT_URL, process.env.CDK_DISABLE_VERSION_CHECK)",
        environment={"PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
    )
    assert command.run("list") == ["http://127.0.0.1:1 1"]
