"""One YAML file of the fleet: its values, and the line each of them came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

if TYPE_CHECKING:
    from pathlib import Path

Content = TypeVar("Content")
Step = str | int
Location = tuple[Step, ...]

_NULL = "tag:yaml.org,2002:null"
_BOOL = "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"
_TRUE = frozenset({"true", "yes", "on", "y"})


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong, where, and what to do about it. `line` is None where the fault is the whole file's."""

    path: Path
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    node: Node


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values and places.

    Numbers and dates stay the text they were written as: an account id keeps its leading zero and a weight its digits.
    """

    path: Path
    value: object
    _root: Node | None = field(repr=False)
    _entries: dict[int, dict[str, _Entry]] = field(repr=False)

    def fault(self, location: Location, text: str, *, missing: str | None = None) -> Fault:
        """A fault at `location`, or of the key `missing` that should stand there."""
        _, line, key = self._find(location)
        if missing is not None:
            key = f"{key}.{missing}" if key else missing
        return Fault(self.path, line, key, text)

    def line(self, location: Location) -> int | None:
        """The line of `location`, from 1."""
        return self._find(location)[1]

    def keys(self, location: Location) -> list[str]:
        """The keys of the mapping at `location`; none where it is no mapping."""
        return list(self._entries.get(id(self._find(location)[0]), {}))

    def text(self, location: Location) -> str:
        """The scalar at `location` as it was written; empty where it is something else."""
        node = self._find(location)[0]
        return str(node.value) if isinstance(node, ScalarNode) else ""

    def _find(self, location: Location) -> tuple[Node | None, int | None, str]:
        """The node at `location`, its line, and how a person writes the place: `hubs[1].name`.

        Steps that aren't in the file are passed over: the name of a union's kind, the index of an item without a list.
        """
        node, key = self._root, ""
        line = 1 if node is None else node.start_mark.line + 1
        for step in location:
            if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
                key += f"[{step}]"
            elif isinstance(node, MappingNode) and step in (entries := self._entries.get(id(node), {})):
                entry = entries[str(step)]
                node, line = entry.node, entry.line
                key += f".{step}" if key else str(step)
        return node, line, key


@dataclass(frozen=True, slots=True)
class Part(Generic[Content]):
    """A file, as far as it could be understood: no document where it isn't YAML, no content where it has faults."""

    path: Path
    document: Document | None
    content: Content | None


def read(path: Path) -> tuple[Document | None, list[Fault]]:
    """The document in the file, and every fault of its YAML. There is no document where it can't be parsed."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return None, [Fault(path, None, "", f"can't be read ({error.strerror}): check the path and its permissions")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [Fault(path, line, "", "is not UTF-8: save the file in that encoding")]
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return None, [Fault(path, line, "", "has a control character, which YAML doesn't allow: remove it")]
    except MarkedYAMLError as error:
        return None, [_syntax(path, text, error)]
    except (YAMLError, ValueError) as error:
        return None, [Fault(path, None, "", f"is not YAML: {error}")]
    except RecursionError:
        return None, [Fault(path, None, "", "is nested too deep to be read")]
    return _document(path, root)


def _syntax(path: Path, text: str, error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    what = (error.problem or error.context or "can't be parsed").splitlines()[0].removeprefix("but ")
    if "\\t" in what:
        what += " (indent with spaces, not tabs)"
    if mark is None:
        return Fault(path, None, "", f"is not YAML: {what}")
    start = error.context_mark
    if start is not None and start.line < mark.line:
        what += f", in what starts on line {start.line + 1}"
    last = max(1, len(text.splitlines()))
    return Fault(path, min(mark.line + 1, last), "", f"is not YAML here: {what}")


def _document(path: Path, root: Node | None) -> tuple[Document | None, list[Fault]]:
    reading = _Reading(path)
    try:
        value = None if root is None else reading.value(root)
    except RecursionError:
        return None, [Fault(path, None, "", "is nested too deep to be read")]
    return Document(path, value, root, reading.entries), reading.faults


class _Reading:
    """Turns nodes into values; an alias is read once, so that a file can't grow without bound."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[int, dict[str, _Entry]] = {}
        self.faults: list[Fault] = []
        self._values: dict[int, object] = {}
        self._open: set[int] = set()

    def value(self, node: Node) -> object:
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) in self._open:
            self._fault(node, "", "refers to itself: write the value out")
            return None
        if id(node) not in self._values:
            self._open.add(id(node))
            if isinstance(node, SequenceNode):
                self._values[id(node)] = [self.value(item) for item in node.value]
            else:
                self._values[id(node)] = self._mapping(node)
            self._open.discard(id(node))
        return self._values[id(node)]

    def _scalar(self, node: ScalarNode) -> object:
        tag = str(node.tag)
        if tag == _NULL:
            return None
        if tag == _BOOL:
            return node.value.lower() in _TRUE
        return str(node.value)

    def _mapping(self, node: Node) -> dict[str, object]:
        own: dict[str, _Entry] = {}
        merged: dict[str, _Entry] = {}
        for key, item in node.value:
            if not isinstance(key, ScalarNode):
                self._fault(key, "", "a key must be plain text, not a list or a mapping")
            elif str(key.tag) == _MERGE:
                self._merge(item, merged)
            elif key.value in own:
                first = own[key.value].line
                self._fault(key, key.value, f"is there twice (first on line {first}): keep one of them")
            else:
                own[key.value] = _Entry(key.start_mark.line + 1, item)
        self.entries[id(node)] = merged | own
        return {key: self.value(entry.node) for key, entry in self.entries[id(node)].items()}

    def _merge(self, node: Node, into: dict[str, _Entry]) -> None:
        for source in node.value if isinstance(node, SequenceNode) else [node]:
            self.value(source)
            if id(source) not in self.entries:
                self._fault(source, "<<", "merges something that is no mapping: name a mapping's anchor")
            for key, entry in self.entries.get(id(source), {}).items():
                into.setdefault(key, entry)

    def _fault(self, node: Node, key: str, text: str) -> None:
        self.faults.append(Fault(self.path, node.start_mark.line + 1, key, text))
