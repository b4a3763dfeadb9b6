"""A draft of a configuration: datasets with their sources and columns, each with what it was told from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import relpath
from pathlib import Path
from typing import Any

from data_prep.errors import SourceError
from data_prep.inference import columns as guesses
from data_prep.inference.columns import Guess
from data_prep.inference.log import Found, NotFound, find
from data_prep.inference.profile import Profile
from data_prep.inference.roles import IDS, Role, candidates
from data_prep.inference.sample import Sample

_ALIKE = 0.6  # of the columns of two files with JSON: they are of one shape
_LISTED = 3  # files of one folder; more are a glob
_KNOWN = 0.1  # of the ids of a file that the log has too


_About = tuple[float, Role | None, str, str]  # how telling, whose, the column with the ids, and why


@dataclass(frozen=True)
class Group:
    """Files of one shape, and their columns."""

    samples: tuple[Sample, ...]

    def profiles(self, time_format: str | None) -> dict[str, Profile]:
        """The columns of all of them, one below the other."""
        names = dict.fromkeys(name for one in self.samples for name in one.columns)
        lists = {name for one in self.samples for name in one.lists}
        return {
            name: Profile.of(
                name,
                [value for one in self.samples for value in one.columns.get(name, [None] * one.rows)],
                is_list=name in lists,
                time_format=time_format,
            )
            for name in names
        }

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return sum(one.rows for one in self.samples)

    @property
    def name(self) -> str:
        """The files in a message."""
        first = self.samples[0].path.name
        return first if len(self.samples) == 1 else f"{first} and {len(self.samples) - 1} more"


@dataclass(frozen=True)
class Part:
    """Files as a source of a dataset, and where its columns are, as far as that is elsewhere than in the others."""

    group: Group
    columns: Mapping[str, Mapping[str, Any] | str] = field(default_factory=dict)


@dataclass(frozen=True)
class DraftDataset:
    """A dataset that the files seem to hold."""

    name: str
    parts: tuple[Part, ...]
    columns: tuple[Guess, ...]
    notes: tuple[str, ...] = ()


def datasets(
    samples: Sequence[Sample], declared: Mapping[Role, str], time_format: str | None = None
) -> list[DraftDataset]:
    """The datasets that files seem to hold, interactions first.

    Args:
        samples: of the files.
        declared: columns whose role somebody has named.
        time_format: how times are written, where somebody has said so.

    Raises:
        SourceError: no interactions are among them, or what they are cannot be told; says what to declare.
    """
    logs: list[tuple[Group, dict[str, Profile], Found]] = []
    others: list[tuple[Group, dict[str, Profile], NotFound]] = []
    for group in _groups(samples):
        profiles = group.profiles(time_format)
        here = {role: column for role, column in declared.items() if column in profiles or len(samples) == 1}
        found = find(profiles, here)
        if isinstance(found, Found):
            _refuse_rivals(group, profiles[found.columns["time"].column])
            logs.append((group, profiles, found))
        else:
            others.append((group, profiles, found))
    # What has a time and one id may be a log whose other id cannot be told, unless there is a log already.
    unclear = [(group, found) for group, _, found in others if len(found.missing) < 2 or not logs]
    if not logs:
        raise SourceError(_no_log(unclear))
    logs.sort(key=lambda one: -one[0].rows)
    made = [_interactions(logs)]
    for group, profiles, _ in others:
        made.append(_metadata(group, profiles, logs[0]))
    return _merged(made)


def _refuse_rivals(group: Group, profile: Profile) -> None:
    """A wrong guess about days and months would be right for a part of the rows, and nobody would notice."""
    told = profile.times
    if told and told.rivals:
        forms = ", ".join([told.given["formats"], *told.rivals])
        raise SourceError(
            f"{group.name}: the times in {profile.name}, as {profile.filled[0]}, may be written as any of {forms}; "
            f"declare --time-format '{told.given['formats']}' or another"
        )


def _no_log(unclear: Sequence[tuple[Group, NotFound]]) -> str:
    least = min((len(found.problems) for _, found in unclear), default=0)  # others are further from being a log
    told = [
        f"{group.name}: {problem}"
        for group, found in unclear
        if len(found.problems) == least
        for problem in found.problems
    ]
    return "\n".join(["no file has interactions that can be told: a user, an item and a time in each row", *told])


def _groups(samples: Sequence[Sample]) -> list[Group]:
    groups: list[list[Sample]] = []
    for one in samples:
        for group in groups:
            if _same_shape(group[0], one):
                group.append(one)
                break
        else:
            groups.append([one])
    return [Group(tuple(group)) for group in groups]


def _same_shape(one: Sample, other: Sample) -> bool:
    if one.format != other.format or one.shape != other.shape:
        return False
    names, names_other = set(one.columns), set(other.columns)
    if one.format == "csv":
        return names == names_other
    return len(names & names_other) >= _ALIKE * len(names | names_other)


def _interactions(logs: Sequence[tuple[Group, dict[str, Profile], Found]]) -> DraftDataset:
    (group, profiles, found), *more = logs
    guessed = list(guesses.of_log(profiles, found, alone=not more, name=_event_name(group)))
    parts = [Part(group)]
    for other, other_profiles, other_found in more:
        theirs = {
            guess.name: guess
            for guess in guesses.of_log(other_profiles, other_found, alone=False, name=_event_name(other))
        }
        # A column of the dataset comes from every file, so what one of them does not have is left out.
        for place, guess in enumerate(guessed):
            if guess.active and (guess.name not in theirs or not theirs[guess.name].active):
                guessed[place] = guess.left_out(f"{other.name} has nothing like it")
        mine = {guess.name: guess.given for guess in guessed if guess.active}
        parts.append(
            Part(other, {name: theirs[name].given for name, given in mine.items() if theirs[name].given != given})
        )
    return DraftDataset("interactions", tuple(parts), tuple(guessed), tuple(_notes(group)))


def _event_name(group: Group) -> str:
    """What a file's events are, where nothing but its name tells."""
    stem = group.samples[0].path.name.partition(".")[0]
    return "".join(letter for letter in stem.lower() if letter.isalpha() or letter == "_").strip("_") or "interaction"


def _metadata(group: Group, profiles: dict[str, Profile], log: tuple[Group, dict[str, Profile], Found]) -> DraftDataset:
    """Tell whether a file is about items or about users, by its ids or else by its name."""
    _, log_profiles, found = log
    best: _About = (0.0, None, "", "")
    for role in IDS:
        known = set(log_profiles[found.columns[role].column].counts)
        for name, profile in profiles.items():
            if profile.uniqueness < 0.5 or not profile.filled:
                continue
            shared = len(profile.counts.keys() & known)
            share = shared / min(profile.distinct, len(known))
            named = bool(candidates(role, {name: profile}))
            if share >= _KNOWN and (share + 0.5 * named) > best[0]:
                why = f"{shared:,} of its {profile.distinct:,} sampled ids are ids of {role}s in the log"
                best = (share + 0.5 * named, role, name, why)
    if best[1] is None:
        best = _by_name(profiles)
    _, about, key, why = best
    if about is None:
        raise SourceError(
            f"{group.name}: it is no log, and none of its columns ({', '.join(profiles)}) has ids of users or items of "
            "the log; leave it out, or correct the ids"
        )
    return DraftDataset(
        f"{about}s",
        (Part(group),),
        tuple(guesses.of_metadata(about, key, why, profiles)),
        tuple(_notes(group)),
    )


def _by_name(profiles: Mapping[str, Profile]) -> _About:
    found: list[_About] = [
        (one.score, role, one.column, f"{one.why}; none of its sampled ids is in the sample of the log")
        for role in IDS
        for one in candidates(role, profiles)[:1]
        if profiles[one.column].uniqueness > 0.5
    ]
    return max(found, key=lambda one: one[0], default=(0.0, None, "", ""))


def _merged(made: Sequence[DraftDataset]) -> list[DraftDataset]:
    """One dataset of each name: of several files about the same, the one that tells most."""
    kept: dict[str, DraftDataset] = {}
    for one in made:
        other = kept.get(one.name)
        if other is None:
            kept[one.name] = one
        else:
            greater, lesser = sorted((one, other), key=_told, reverse=True)
            note = f"{lesser.parts[0].group.name} is about {one.name} too, in other columns; one source is used"
            kept[one.name] = DraftDataset(greater.name, greater.parts, greater.columns, (*greater.notes, note))
    return list(kept.values())


def _told(dataset: DraftDataset) -> tuple[int, int]:
    return sum(guess.active for guess in dataset.columns), dataset.parts[0].group.rows


def _notes(group: Group) -> Iterator[str]:
    for one in group.samples[:3]:
        yield from one.why
        yield from (f"{name} is left out: {why}" for name, why in one.unusable.items())


def paths(group: Group, root: Path) -> list[str]:
    """The files of a group relative to a folder; as a glob where that names just those in a folder."""
    places: dict[tuple[Path, str], list[Path]] = {}
    remote: list[str] = []
    for one in group.samples:
        for file in (one.place, *one.stands_for):
            if isinstance(file, str):
                remote.append(file)
            else:
                places.setdefault((file.parent, "".join(file.suffixes[-2:])), []).append(file)
    found = []
    for (folder, suffix), files in places.items():
        if len(files) > _LISTED and {*folder.glob(f"*{suffix}")} == {*files}:
            found.append(_relative(folder / f"*{suffix}", root))
        else:
            found += [_relative(file, root) for file in files]
    return found + _uris(group, remote)


def _uris(group: Group, remote: Sequence[str]) -> list[str]:
    """The objects of a group, by what they were found by where that names no others."""
    whole = {one.remote.pattern: {*one.remote.beside} for one in group.samples if one.remote}
    whole = {pattern: uris for pattern, uris in whole.items() if uris <= {*remote}}
    others = [uri for uri in remote if not any(uri in uris for uris in whole.values())]
    return [*whole, *others]


def _relative(path: Path, root: Path) -> str:
    return Path(relpath(path.absolute(), root.absolute())).as_posix()
