"""The YAML file as values that know their lines, so that a problem can name its own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from personalize_stack.config.errors import ConfigError, Problem


@dataclass(frozen=True)
class Node:
    """A value of the file: a scalar, a mapping of nodes or a list of nodes.

    Attributes:
        line: where it stands, counted from 1; an entry of a mapping stands where its key does.
    """

    value: Any
    line: int

    def plain(self) -> Any:
        """Return the value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def line_of(self, path: Iterable[str | int]) -> int:
        """Return where the value at a path stands, or the last one on the way there that exists."""
        node = self
        for part in path:
            try:
                node = node.value[part]
            except (KeyError, IndexError, TypeError):
                break
        return node.line


def merged(base: Node, overlay: Node) -> Node:
    """Lay a mapping over another: mappings are merged, null takes a key away, anything else replaces."""
    if not (isinstance(base.value, dict) and isinstance(overlay.value, dict)):
        return overlay
    entries = dict(base.value)
    for key, given in overlay.value.items():
        if key in entries and given.value is None:
            del entries[key]
        else:
            entries[key] = merged(entries[key], given) if key in entries else given
    return Node(entries, base.line)


def read(path: Path) -> Node:
    """Read a file.

    Raises:
        ConfigError: the file is missing or is not YAML, or keys in it are given twice.
    """
    try:
        return _Reader(path).read(path.read_text(encoding="utf-8"))
    except OSError as error:
        text = f"the configuration cannot be read: {error.strerror}; name another file with -f"
        problem = Problem(path, None, "", text)
    except UnicodeDecodeError as error:
        problem = Problem(path, None, "", f"the configuration must be UTF-8 text: {error}")
    except yaml.MarkedYAMLError as error:
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        line = error.problem_mark.line + 1 if error.problem_mark else None
        problem = Problem(path, line, "", f"not valid YAML: {reason}")
    except yaml.YAMLError as error:
        problem = Problem(path, None, "", f"not valid YAML: {str(error).splitlines()[0]}")
    raise ConfigError([problem])


_Path = tuple[str, ...]
_Parents = tuple[yaml.Node, ...]


class _Loader(yaml.SafeLoader):
    """Scalars as in YAML, but a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Reader:
    """Turns what the YAML parser composes into nodes, and collects the keys that are given twice."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[Problem] = []

    def read(self, text: str) -> Node:
        self._loader = _Loader(text)
        root = self._loader.get_single_node()
        node = Node({}, 1) if root is None else self._node(root)
        if self._problems:
            raise ConfigError(self._problems)
        return node

    def _node(self, composed: yaml.Node, path: _Path = (), parents: _Parents = ()) -> Node:
        if composed in parents:
            problem = "an alias stands inside its own anchor"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=composed.start_mark)
        parents = (*parents, composed)
        value: Any
        if isinstance(composed, yaml.MappingNode):
            value = self._mapping(composed, path, parents)
        elif isinstance(composed, yaml.SequenceNode):
            value = [self._node(item, (*path, str(index)), parents) for index, item in enumerate(composed.value)]
        else:
            value = self._loader.construct_object(composed)
        return Node(value, _line(composed))

    def _mapping(self, composed: yaml.MappingNode, path: _Path, parents: _Parents) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, item in composed.value:
            name = str(key.value)
            if name in entries:
                text = f"given twice, first in line {entries[name].line}"
                self._problems.append(Problem(self._path, _line(key), ".".join((*path, name)), text))
                continue
            entries[name] = replace(self._node(item, (*path, name), parents), line=_line(key))
        return entries


def _line(composed: yaml.Node) -> int:
    return int(composed.start_mark.line) + 1
