"""YAML to a plain tree whose every value knows the file and line it came from.

Scalars stay the text that the administrator wrote; the schema decides what is a number. That spares
everybody YAML's surprises: `+12025550123` is no integer, `08:30` no base-60 number, `NO` no boolean,
`2026-12-25` no date. Only an empty value, `~` and `null` mean "nothing".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from config.problems import KeyPath, Place, Problem

MAX_NODES = 20_000
"""Values in one file. A clinic needs a few hundred; more is an alias that repeats itself."""
MAX_DEPTH = 16
NULL = "tag:yaml.org,2002:null"

Value = str | None | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configuration file's name and text."""

    name: str
    text: str
    is_default: bool = False
    """Packaged with the product: nobody is asked to mend it."""


@dataclass(slots=True)
class Tree:
    """Values, and where each of them was written."""

    values: dict[str, Value] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    elsewhere: Place = field(default_factory=lambda: Place(file="configuration"))
    """Where to look for what no file of the administrator says."""

    def place(self, path: KeyPath) -> Place:
        """Where a value was written; for one that is missing, where its surroundings were."""
        for length in range(len(path), 0, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return found
        return self.elsewhere

    def value(self, path: KeyPath) -> Value:
        """The value at a path; None when there is none."""
        here: Value = self.values
        for part in path:
            if isinstance(here, dict) and isinstance(part, str):
                here = here.get(part)
            elif isinstance(here, list) and isinstance(part, int) and part < len(here):
                here = here[part]
            else:
                return None
        return here


class _Unreadable(Exception):
    """Carries the first problem out of a file that cannot be read on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_all(sources: Sequence[Source], elsewhere: Place) -> tuple[Tree, list[Problem]]:
    """Read files and lay each over those before it."""
    tree = Tree(elsewhere=elsewhere)
    problems: list[Problem] = []
    for source in sources:
        reader = _Reader(source)
        try:
            values, places = reader.read()
        except _Unreadable as bad:
            problems.append(bad.problem)
            continue
        finally:
            problems += reader.problems
        _overlay(tree.values, values)
        if not source.is_default:
            tree.places |= places
    return tree, problems


def _overlay(below: dict[str, Value], above: dict[str, Value]) -> None:
    """Mappings merge, all else replaces; an empty value leaves a mapping as it was."""
    for key, value in above.items():
        former = below.get(key)
        if isinstance(former, dict) and isinstance(value, dict):
            _overlay(former, value)
        elif not (isinstance(former, dict) and value is None):
            below[key] = value


class _Reader:
    """Reads one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.problems: list[Problem] = []
        """What does not keep the rest of the file from being read."""
        self._places: dict[KeyPath, Place] = {}
        self._nodes = 0

    def read(self) -> tuple[dict[str, Value], dict[KeyPath, Place]]:
        node = self._compose()
        if node is None or node.tag == NULL:
            return {}, {}
        if not isinstance(node, MappingNode):
            raise self._bad(node, (), "is not a mapping", "Begin the file with keys such as `sites:`.")
        return self._mapping(node, ()), self._places

    def _compose(self) -> Node | None:
        try:
            return yaml.compose(self._source.text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 0
            raise self._unreadable(line, error.problem or "unreadable") from None
        except ReaderError as error:
            line = self._source.text.count("\n", 0, error.position) + 1
            raise self._unreadable(line, "it holds characters that YAML does not allow") from None
        except (RecursionError, ValueError, yaml.YAMLError):
            raise self._unreadable(0, "it is nested too deeply or garbled") from None

    def _unreadable(self, line: int, why: str) -> _Unreadable:
        place = Place(file=self._source.name, line=line)
        remedy = "Look at this line and the one above it: indentation, quotes, colons."
        return _Unreadable(Problem(place=place, what=f"is not valid YAML: {why}", remedy=remedy))

    def _bad(self, node: Node, path: KeyPath, what: str, remedy: str) -> _Unreadable:
        return _Unreadable(Problem(place=self._place(node), path=path, what=what, remedy=remedy))

    def _place(self, node: Node) -> Place:
        return Place(file=self._source.name, line=node.start_mark.line + 1)

    def _value(self, node: Node, path: KeyPath) -> Value:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            remedy = "Look for a YAML alias (`*name`) that repeats itself, or brackets that never close."
            raise self._bad(node, path[:MAX_DEPTH], "has no end", remedy)
        if isinstance(node, ScalarNode):
            return None if node.tag == NULL else str(node.value)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*path, n)) for n, item in enumerate(node.value)]
        return self._mapping(node, path)

    def _item(self, node: Node, path: KeyPath) -> Value:
        self._places[path] = self._place(node)
        return self._value(node, path)

    def _mapping(self, node: Node, path: KeyPath) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for key, key_node, value_node in self._pairs(node, path):
            if key in values:
                twice = self._bad(key_node, (*path, key), "is written twice", "Keep one of the two.")
                self.problems.append(twice.problem)
                continue
            self._places[(*path, key)] = self._place(key_node)
            values[key] = self._value(value_node, (*path, key))
        return values

    def _pairs(self, node: Node, path: KeyPath) -> Iterator[tuple[str, Node, Node]]:
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                what = "has a key that is no plain word"
                self.problems.append(self._bad(key_node, path, what, "Write `key: value`.").problem)
                continue
            yield str(key_node.value), key_node, value_node
