"""From a YAML file to the project of one environment, or to all that is wrong with the file."""

import re
from collections.abc import Mapping
from pathlib import Path

from personalize_stack.config import rules, validation
from personalize_stack.config.errors import ConfigError, Problem
from personalize_stack.config.model import Declaration, Project
from personalize_stack.config.source import Node, merged, read
from personalize_stack.config.words import allowed, shown

DEFAULT_ENVIRONMENT = "dev"
ENVIRONMENT_PATTERN = r"^[a-z][a-z0-9-]{0,11}$"


def load(path: Path, environment: str = DEFAULT_ENVIRONMENT) -> Project:
    """Load what a file declares for an environment.

    Raises:
        ConfigError: the file, or this environment of it, cannot be used.
    """
    file = read(path)
    overlays = _environments(path, file)
    if environment not in overlays:
        text = f"{shown(environment)} given; no such environment; {allowed(overlays, environment)}"
        raise ConfigError([Problem(path, file.line_of(["environments"]), "environments", text)])
    shared = Node({key: node for key, node in file.value.items() if key != "environments"}, file.line)
    declared = merged(shared, overlays[environment])
    data = declared.plain()
    problems = [
        Problem(path, declared.line_of(key), ".".join(map(str, key)), text)
        for key, text in (*validation.findings(Declaration, data), *rules.findings(data))
    ]
    if problems:
        raise ConfigError(problems)
    return Project.model_validate({**data, "root": path.absolute().parent, "environment": environment})


def load_all(path: Path) -> list[Project]:
    """Load what a file declares for each of its environments.

    Raises:
        ConfigError: the file, or an environment of it, cannot be used; carries the problems of all environments.
    """
    projects: list[Project] = []
    problems: list[Problem] = []
    for environment in _environments(path, read(path)):
        try:
            projects.append(load(path, environment))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(dict.fromkeys(problems))
    return projects


def _environments(path: Path, file: Node) -> Mapping[str, Node]:
    """What each environment lays over the rest of the file. Without a section there is one, which changes nothing."""
    if not isinstance(file.value, dict):
        raise ConfigError([Problem(path, file.line, "", f"{shown(file.plain())} given; should be keys with values")])
    given = file.value.get("environments")
    nothing = Node({}, file.line)
    if given is None or given.value is None:
        return {DEFAULT_ENVIRONMENT: nothing}
    if not isinstance(given.value, dict):
        text = f"{shown(given.plain())} given; should be names of environments with what each overrides"
        raise ConfigError([Problem(path, given.line, "environments", text)])
    problems = []
    for name, overlay in given.value.items():
        key = f"environments.{name}"
        if not re.match(ENVIRONMENT_PATTERN, name):
            text = f"{shown(name)} given; should match pattern '{ENVIRONMENT_PATTERN}'"
            problems.append(Problem(path, overlay.line, key, text))
        if longer := next((other for other in given.value if other.startswith(f"{name}-")), None):
            text = f"'{longer}' begins as '{name}' does, and so would the names of what they hold; call it otherwise"
            problems.append(Problem(path, overlay.line, f"environments.{longer}", text))
        if not isinstance(overlay.value, dict | None):
            text = f"{shown(overlay.plain())} given; should be keys with values"
            problems.append(Problem(path, overlay.line, key, text))
    if problems:
        raise ConfigError(problems)
    return {name: nothing if overlay.value is None else overlay for name, overlay in given.value.items()}
