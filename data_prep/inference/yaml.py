"""A draft as the text of a configuration, each guess with what it rests on as a comment."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from data_prep.inference.check import Kept
from data_prep.inference.columns import Guess
from data_prep.inference.draft import DraftDataset, Part, paths

_WIDTH = 120
_END = """\
solutions:                             # what is trained; `personalize evaluate` compares them on this machine
  for-you: {recipe: user-personalization-v2}
  popular: {recipe: popularity-count}  # the baseline to beat

# campaigns:                           # what answers requests; each is billed while it exists
#   for-you: {solution: for-you}

environments:                          # each lays its values over those above
  dev: {}
"""


def text(project: str, drafts: Sequence[DraftDataset], root: Path, kept: Mapping[str, Kept]) -> str:
    """The configuration of a project with these datasets.

    Args:
        project: its name.
        drafts: its datasets.
        root: the folder that the configuration will be in.
        kept: by dataset, what became of the sampled rows.
    """
    lines = [
        "# Drafted by `personalize prep init` from a sample of the files. Every line is a guess with what it rests on:",
        "# read it, correct what is wrong, then run `personalize prep`.",
        f"project: {project}",
        "",
        "datasets:",
    ]
    for draft in drafts:
        lines += _dataset(draft, root, kept[draft.name])
    return "\n".join([*lines, "", _END])


def spec(draft: DraftDataset, root: Path) -> dict[str, Any]:
    """A dataset as a configuration declares it."""
    return {
        "source": [source for part in draft.parts for source in _sources(part, root)],
        "columns": {guess.name: guess.given for guess in draft.columns if guess.active},
    }


def _dataset(draft: DraftDataset, root: Path, kept: Kept) -> Iterator[str]:
    yield f"  {draft.name}:"
    yield from _comment(str(kept), 4)
    for note in draft.notes:
        yield from _comment(note, 4)
    sources = [source for part in draft.parts for source in _sources(part, root)]
    if len(sources) == 1:
        yield f"    source: {inline(sources[0])}"
    else:
        yield "    source:"
        yield from (f"      - {inline(source)}" for source in sources)
    yield "    columns:"
    room = min(48, max(len(_line(guess)) for guess in draft.columns) + 2)
    for guess in draft.columns:
        yield from _column(guess, room)


def _column(guess: Guess, room: int) -> Iterator[str]:
    line = _line(guess)
    first, *more = textwrap.wrap(guess.why, _WIDTH - room - 8, break_long_words=False) or [""]
    if len(line) + 2 > room:  # too long to have its reason beside it
        yield from _comment(guess.why, 6)
        yield f"      {line}"
        return
    yield f"      {line:<{room}}# {first}".rstrip(" #")
    yield from (f"      {'':<{room}}# {rest}" for rest in more)


def _line(guess: Guess) -> str:
    return f"{'' if guess.active else '# '}{guess.name}: {inline(guess.given)}"


def _comment(told: str, indent: int) -> Iterator[str]:
    yield from (f"{' ' * indent}# {line}" for line in textwrap.wrap(told, _WIDTH - indent - 2, break_long_words=False))


def _sources(part: Part, root: Path) -> list[Any]:
    shape = dict(part.group.samples[0].shape)
    if part.columns:
        shape["columns"] = dict(part.columns)
    return [{"path": path, **shape} if shape else path for path in paths(part.group, root)]


def inline(value: Any) -> str:
    """A value in YAML on one line."""
    plain = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True, sort_keys=False)
    return plain.removesuffix("\n").removesuffix("\n...").strip()
