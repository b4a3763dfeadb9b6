"""Finding the interactions among files: the columns that are user, item and time, or why they cannot be told."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_prep.inference.profile import Profile
from data_prep.inference.roles import IDS, Candidate, Role, candidates, could_be

NEEDED: tuple[Role, ...] = ("time", "user", "item")
_CLOSE = 0.08  # scores that differ by less tell nothing


@dataclass(frozen=True)
class Found:
    """The columns of a log by role, each with what tells it."""

    columns: Mapping[Role, Candidate]

    def column(self, role: Role) -> str | None:
        """The column of a role; None where no column has it."""
        found = self.columns.get(role)
        return found.column if found else None


@dataclass(frozen=True)
class NotFound:
    """Roles that no column, or more than one, could have: a sentence each, with what to declare.

    Attributes:
        missing: roles for which there is no column, or one with each id once; such a file may be metadata.
    """

    problems: tuple[str, ...]
    missing: frozenset[Role]


def find(profiles: Mapping[str, Profile], declared: Mapping[Role, str]) -> Found | NotFound:
    """Tell the columns of a log apart.

    Args:
        profiles: the columns of the file.
        declared: columns that somebody has named.
    """
    found: dict[Role, Candidate] = {}
    problems, missing = list[str](), set[Role]()
    for role in NEEDED:
        left = {
            name: profile for name, profile in profiles.items() if name not in {one.column for one in found.values()}
        }
        one = _one(role, left, declared)
        if isinstance(one, Candidate):
            found[role] = one
        else:
            problems.append(one)
            if not candidates(role, left):
                missing.add(role)
    once = [role for role in IDS if role in found and _come_once(profiles[found[role].column])]
    problems += [
        f"each {role} ({found[role].column}) comes once, so this is a list of {role}s and no log; "
        f"if another column has the {role}, declare --{role} COLUMN"
        for role in once
    ]
    if problems:
        return NotFound(tuple(problems), frozenset({*missing, *once}))
    for role in ("event_type", "value"):
        taken = {one.column for one in found.values()}
        left = {name: profile for name, profile in profiles.items() if name not in taken}
        if role in declared:
            if declared[role] in left:
                found[role] = Candidate(declared[role], 9, "declared")
        elif several := candidates(role, left):
            found[role] = several[0]
    return Found(found)


def _one(role: Role, profiles: Mapping[str, Profile], declared: Mapping[Role, str]) -> Candidate | str:
    """The column of a role, or why it cannot be told."""
    if role in declared:
        return _declared(role, declared[role], profiles)
    named = candidates(role, profiles)
    if named:
        close = [one for one in named if one.score > named[0].score - _CLOSE]
        if len(close) == 1:
            return named[0]
        shown = "; ".join(f"{one.column} ({profiles[one.column].shown(3)})" for one in close)
        return f"the {role} may be any of {shown}; declare --{role} COLUMN"
    fitting = [name for name, profile in profiles.items() if _could_be_unnamed(role, profile)]
    if len(fitting) == 1:
        return Candidate(fitting[0], 0.1, _ONLY[role])
    offered = f"it may be any of {', '.join(fitting)}" if fitting else f"no column has {_WANTED[role]}"
    more = " and --time-format FORMAT" if role == "time" and not fitting else ""
    return f"no column's name tells the {role}, and {offered}; declare --{role} COLUMN{more}"


def _declared(role: Role, column: str, profiles: Mapping[str, Profile]) -> Candidate | str:
    if column not in profiles:
        return f"--{role} {column}: there is no such column left, of {', '.join(profiles)}"
    if not could_be(role, profiles[column]):
        needs = "times; --time-format tells how they are written" if role == "time" else "ids"
        return f"--{role} {column}: its values ({profiles[column].shown(3)}) are no {needs}"
    return Candidate(column, 9, "declared")


def _come_once(profile: Profile) -> bool:
    return profile.uniqueness > 0.97 and len(profile.filled) > 50


_ONLY = {
    "time": "the only column with times",
    "user": "the only column left with ids that come again",
    "item": "the only column left with ids that come again",
}
_WANTED = {"time": "values that read as times", "user": "ids that come again", "item": "ids that come again"}


def _could_be_unnamed(role: Role, profile: Profile) -> bool:
    if role == "time":
        return could_be(role, profile)
    again = 0.001 < profile.uniqueness < 0.9 and profile.distinct >= 10
    plain = profile.times is None and profile.words < 2 and not profile.is_list and not profile.separator
    return could_be(role, profile) and again and plain
