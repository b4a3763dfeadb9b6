"""The story of a draft: find the files, look at samples, tell what is what, try it, write it down."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from data_prep import sources
from data_prep.errors import SourceError
from data_prep.inference import remote, yaml
from data_prep.inference.check import Kept, tried
from data_prep.inference.draft import DraftDataset, datasets
from data_prep.inference.remote import Remote
from data_prep.inference.roles import Role
from data_prep.inference.sample import Sample, sample

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
        patterns: paths, folders and globs, from the current folder on, and S3 URIs.
        root: the folder that the configuration will be in.
        declared: columns whose role is known: user, item, time, event_type, value.
        time_format: how times are written, as `%d/%m/%Y`, where that is known.
        project: the project's name. Default: that of the folder.

    Raises:
        SourceError: a file cannot be read, or what it holds cannot be told; says what to declare.
    """
    here = [pattern for pattern in patterns if not pattern.startswith("s3://")]
    files: list[Path | Remote] = [*sources.find(here, Path.cwd())]
    files += remote.find([pattern for pattern in patterns if pattern not in here])
    with TemporaryDirectory() as folder:
        samples = _samples(files, Path(folder))
        return _drafted(samples, root, declared or {}, time_format, project)


def _samples(files: Sequence[Path | Remote], folder: Path) -> list[Sample]:
    """Samples of files, of many only of some; objects in S3 are brought into a folder."""
    every = -(-len(files) // MOST_FILES)
    samples, problems = [], []
    for place in range(0, len(files), every):
        file = files[place]
        stands_for = tuple(one.uri if isinstance(one, Remote) else one for one in files[place + 1 : place + every])
        try:
            if isinstance(file, Remote):
                found = replace(_of_remote(file, folder / str(place)), remote=file)
            else:
                found = sample(file)
            samples.append(replace(found, stands_for=stands_for))
        except SourceError as error:
            problems.append(str(error))
    if problems:
        raise SourceError("\n".join(problems))
    return samples


def _of_remote(file: Remote, folder: Path) -> Sample:
    path = remote.bring_some(file, folder)
    try:
        return sample(path)
    except SourceError as error:
        raise SourceError(str(error).replace(str(path), file.uri)) from error


def _drafted(
    samples: Sequence[Sample],
    root: Path,
    declared: Mapping[Role, str],
    time_format: str | None,
    project: str | None,
) -> Draft:
    drafts = datasets(samples, declared, time_format)
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
