"""The direction of imports: docs/architecture.md draws the arrows, this holds them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"custom_resources", "data_prep", "operations", "personalize_local", "personalize_stack"}

# Folder or module -> what of ours it may import, beside itself.
ARROWS = {
    "custom_resources": set(),
    "data_prep": set(),
    "personalize_local/engine": set(),
    "personalize_local/service": {"data_prep.checks", "data_prep.schemas", "personalize_local.engine"},
    "personalize_local/evaluation": {
        "data_prep.manifest",
        "data_prep.schemas",
        "personalize_local.engine",
        "personalize_local.service.recipes",
        "personalize_local.service.tables",
    },
    "personalize_local/rehearsal": {"custom_resources.handler", "personalize_local.service"},
    "operations/functions": set(),
    "personalize_stack/config": {"data_prep.spec", "data_prep.schemas", "operations.functions.policy"},
    "personalize_stack": {"custom_resources.kinds", "data_prep", "operations.functions.policy"},
    "operations": {
        *(f"custom_resources.{module}" for module in ("api", "errors", "kinds", "patience", "removal", "request")),
        "personalize_stack.config",
        "data_prep",
        "personalize_local.cloud",
        "personalize_local.engine.histories",
        "personalize_local.errors",
        "personalize_local.evaluation",
    },
}


def imports(file: Path) -> Iterator[str]:
    """Yield the dotted names of ours that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


@pytest.mark.parametrize("folder", ARROWS)
def test_a_part_imports_only_what_the_architecture_allows(folder):
    allowed = {folder.replace("/", ".")} | ARROWS[folder]
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / folder).rglob("*.py")
        for name in imports(file)
        if not any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("custom_resources.handler", {"aws_cdk", "pandas", "torch", "duckdb", "numpy"}),
        ("custom_resources.kinds", {"boto3", "botocore"}),
        ("operations.functions.policy", {"boto3", "botocore"}),
        ("data_prep.schemas", {"pandas", "duckdb", "pydantic"}),
        ("data_prep.checks", {"pandas", "duckdb", "pydantic"}),
        ("personalize_stack.config", {"aws_cdk", "duckdb", "torch"}),
        ("personalize_local.engine.recipes", {"torch", "boto3"}),
        ("personalize_local.cloud", {"torch", "ministack"}),
        ("personalize_local.pytest_plugin", {"torch", "ministack", "moto"}),
        ("operations.cli.main", {"aws_cdk", "duckdb", "torch", "ministack", "pandas"}),
    ],
)
def test_a_module_loads_nothing_heavy(module, heavy):
    program = f"import sys, {module}; print(*sorted(set(sys.modules) & {heavy!r}))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout
    assert loaded.split() == []
