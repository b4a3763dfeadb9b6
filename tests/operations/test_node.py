"""A missing or unfit Node.js or CDK command line is said, with what to do."""

import json
import os

import pytest

from operations import node
from operations.errors import OperationError


@pytest.fixture
def with_node(tmp_path, monkeypatch):
    """Puts a `node` that says this version on a PATH of its own."""

    def put(version):
        program = tmp_path / "node"
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return str(program)

    return put


@pytest.fixture
def app(tmp_path):
    """A folder below one that pins the command line, version 2.1, and has a version installed."""

    def make(installed):
        package = tmp_path / "node_modules" / "aws-cdk"
        package.mkdir(parents=True)
        (tmp_path / "package.json").write_text(json.dumps({"devDependencies": {"aws-cdk": "2.1"}}))
        (package / "package.json").write_text(json.dumps({"version": installed}))
        (tmp_path / "app").mkdir()
        return tmp_path / "app"

    return make


def test_no_node_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OperationError, match=r"needs Node.js 18 or newer, and there is no `node`.*install Node.js 24"):
        node.require_node()


def test_an_old_node_is_said(with_node):
    program = with_node("v16.20.2")
    with pytest.raises(OperationError, match=rf"needs Node.js 18 or newer, and {program} is v16.20.2; install"):
        node.require_node()


def test_what_is_no_node_is_said(with_node):
    with_node("nodding")
    with pytest.raises(OperationError, match="says 'nodding'"):
        node.require_node()


def test_the_oldest_allowed_node_is_found(with_node):
    assert with_node("v18.0.0") == node.require_node()


def test_the_pinned_command_line_is_found_above_the_app(with_node, app):
    program, folder = with_node("v24.0.0"), app(installed="2.1")
    assert node.cdk_command(folder) == [program, str(folder.parent / "node_modules/aws-cdk/bin/cdk")]


def test_another_version_than_the_pinned_one_is_refused(with_node, app):
    with_node("v24.0.0")
    with pytest.raises(OperationError, match=r"is 3\.0\.0, and .*package\.json pins 2\.1; run `make setup`"):
        node.cdk_command(app(installed="3.0.0"))


def test_a_missing_command_line_is_said(with_node, tmp_path):
    with_node("v24.0.0")
    with pytest.raises(OperationError, match=r"is not in node_modules .*; run `make setup`"):
        node.cdk_command(tmp_path)


def test_banners_are_silenced_unless_someone_wants_them(monkeypatch):
    wanted, *others = node.BANNERS
    monkeypatch.setenv(wanted, "")
    for name in others:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    node.silence_end_of_life_banners()
    assert os.environ[wanted] == ""
    assert all(os.environ[name] for name in others)
