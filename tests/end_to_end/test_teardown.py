"""The commands `deploy` and `teardown` against the local cloud, as a person would give them."""

import json

import pytest

from operations.cli.main import run

POPULAR = "{recipe: popularity-count}"


@pytest.fixture
def make_commands(make_project, capsys):
    """Makes what gives commands for a small project of a name: exit code, what was printed, errors."""

    def make(name):
        project = make_project(name, POPULAR)
        environments = "{dev: {}, prod: {production: true, retain_data: true}}"
        project.file.write_text(project.file.read_text().replace("{dev: {}}", environments))

        def give(command, *arguments):
            code = run([command, "-f", str(project.file), *arguments])
            printed = capsys.readouterr()
            return code, printed.out, printed.err

        return give

    return make


def test_a_project_is_deployed_found_destroyed_and_gone(make_commands):
    personalize = make_commands("gone")
    code, told, errors = personalize("deploy", "--env", "dev")
    assert (code, errors) == (0, "")
    assert "CampaignNextArn" in told

    code, told, _ = personalize("teardown", "--check", "--env", "dev", "--json")
    found = json.loads(told)
    assert (code, found["could_not_look"]) == (1, [])
    types = {resource["type"] for resource in found["found"]}
    assert types >= {
        "stack",
        "dataset group",
        "schema",
        "dataset",
        "solution",
        "campaign",
        "event tracker",
        "filter",
        "bucket",
        "KMS key",
        "role",
        "Lambda function",
        "log group",
        "state machine",
    }

    code, told, errors = personalize("teardown", "--env", "dev", "--yes")
    assert (code, errors) == (0, "")
    assert "campaign/gone-dev-NextCampaign-" in told

    code, told, errors = personalize("teardown", "--check")
    assert told == "nothing is left of gone-dev, gone-prod: no resource carries the name or the tags\n"
    assert (code, errors) == (0, "")


def test_a_production_environment_goes_only_by_force_and_its_data_stays(make_commands):
    personalize = make_commands("kept")
    assert personalize("deploy", "--env", "prod", "--require-approval", "never")[0] == 0
    code, _, errors = personalize("teardown", "--env", "prod", "--yes")
    assert (code, errors) == (1, "kept-prod is a production environment; give --force to destroy it all the same\n")

    code, told, _ = personalize("teardown", "--env", "prod", "--yes", "--force")
    assert code == 0
    (bucket,) = {line.split()[1] for line in told.splitlines() if line.endswith(" stays") and "S3::Bucket" in line}

    code, told, _ = personalize("teardown", "--check")
    assert code == 1
    kept = [line.split() for line in told.splitlines()[1:]]
    assert {line[0] for line in kept} == {"bucket", "KMS"}
    assert bucket in {line[1] for line in kept}
    assert all("kept on purpose: the environment retains its data" in " ".join(line) for line in kept)
