"""Cloud assemblies of the complete examples, synthesized once."""

import logging
import runpy
from pathlib import Path

import aws_cdk as cdk
import pytest

from data_prep.prepare import prepare
from personalize_local.rehearsal.faults import Scene
from personalize_stack.config.load import load
from personalize_stack.stack import PersonalizeStack

EXAMPLE = Path(__file__).parents[2] / "examples" / "everything"


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """Returns a function: the scene of one of the two files of the example."""
    folder = tmp_path_factory.mktemp("everything")
    (folder / "data").mkdir()
    runpy.run_path(str(EXAMPLE / "generate.py"))["main"](folder / "data")
    scenes = {}

    def of(name):
        if name not in scenes:
            file = folder / f"{name}.yaml"
            file.write_text((EXAMPLE / file.name).read_text())
            project = load(file, "dev")
            manifest = prepare(project.datasets, folder, folder / project.prepared, project.domain)
            app = cdk.App(outdir=str(folder / f"{name}.out"))
            PersonalizeStack(app, project.stack_name, project=project, manifest=manifest, on_aws=False)
            scenes[name] = Scene(Path(app.synth().directory), project.stack_name)
        return scenes[name]

    return of


@pytest.fixture(autouse=True)
def _quiet():
    """The function logs a line for each step, and there are many thousands."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
