"""The story of a draft: find the files, look at samples, tell what is what, try it, write it down."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_prep import sources
from data_prep.errors import SourceError
from data_prep.inference import yaml
from data_prep.inference.check import Kept, tried
from data_prep.inference.draft import DraftDataset, datasets
from data_prep.inference.roles import Role
from data_prep.inference.sample import sample

MOST_FILES = 50  # that are looked into


@dataclass(frozen=True)
class Draft:
    """A configuration that was drawn from samples.

    Attributes:
        kept: by dataset, what became of the sampled rows.
        text: the configuration in YAML.
    """

    datasets: tuple[DraftDataset, ...]
    kept: Mapping[str, Kept]
    text: str


def infer(
    patterns: Sequence[str],
    root: Path,
    declared: Mapping[Role, str] | None = None,
    *,
    time_format: str | None = None,
    project: str | None = None,
) -> Draft:
    """Draft a configuration from a look at some files.

    Args:
        patterns: paths, folders and globs, from the current folder on.
        root: the folder that the configuration will be in.
        declared: columns whose role is known: user, item, time, event_type, value.
        time_format: how times are written, as `%d/%m/%Y`, where that is known.
        project: the project's name. Default: that of the folder.

    Raises:
        SourceError: a file cannot be read, or what it holds cannot be told; says what to declare.
    """
    if remote := [pattern for pattern in patterns if pattern.startswith("s3://")]:
        raise SourceError(f"cannot look into {', '.join(remote)}; copy a part of it here first, as by `aws s3 cp`")
    files = sources.find(patterns, Path.cwd())
    every = -(-len(files) // MOST_FILES)
    samples, problems = [], []
    for place in range(0, len(files), every):
        try:
            samples.append(replace(sample(files[place]), stands_for=tuple(files[place + 1 : place + every])))
        except SourceError as error:
            problems.append(str(error))
    if problems:
        raise SourceError("\n".join(problems))
    drafts = datasets(samples, declared or {}, time_format)
    usable = [
        draft for draft in drafts if draft.name == "interactions" or sum(guess.active for guess in draft.columns) > 1
    ]
    kept = {draft.name: tried(draft, yaml.spec(draft, root)) for draft in usable}
    name = project or project_name(root.absolute().name)
    return Draft(tuple(usable), kept, yaml.text(name, usable, root, kept))


def project_name(folder: str) -> str:
    """A folder's name as that of a project: lower-case letters, digits and hyphens, 24 at most."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")
    return re.sub(r"^[^a-z]+", "", name)[:24].strip("-") or "recommender"
