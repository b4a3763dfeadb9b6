"""Cloud assemblies of the examples, synthesized for a measurement."""

import runpy
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def assemblies(folder: Path) -> Iterator[tuple[Path, str]]:
    """Synthesize the examples' environment `dev` below a folder; yield each assembly with the name of its stack."""
    import aws_cdk as cdk  # noqa: PLC0415 - starts Node.js

    from data_prep.prepare import prepare  # noqa: PLC0415
    from personalize_stack.config.load import load  # noqa: PLC0415
    from personalize_stack.stack import PersonalizeStack  # noqa: PLC0415

    for example, file in (("movielens", "personalize"), ("everything", "personalize"), ("everything", "video")):
        project = load(EXAMPLES / example / f"{file}.yaml", "dev")
        root = project.root
        if example == "everything":
            root = folder / example
            (root / "data").mkdir(parents=True, exist_ok=True)
            runpy.run_path(str(EXAMPLES / example / "generate.py"))["main"](root / "data")
            project = project.model_copy(update={"root": root})
        manifest = prepare(project.datasets, root, folder / f"{file}-{example}-prepared", project.domain)
        app = cdk.App(outdir=str(folder / f"{example}-{file}.out"))
        PersonalizeStack(app, project.stack_name, project=project, manifest=manifest, on_aws=False)
        yield Path(app.synth().directory), project.stack_name
