"""YAML and JSON files of a repository, read within bounds, with the line of each part and without leaving the repository."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

MAX_BYTES = 1_000_000
MAX_VALUES = 50_000  # counted as if every alias were written out
MAX_DEPTH = 60
MAX_TEXT = 4_000
MAX_AFTER = 1_000


class Fault(Exception):
    """A file that cannot be read; `kind` says why, and the portal has words for it."""

    def __init__(self, kind: str, file: str, line: int | None = None, **values: Any) -> None:
        super().__init__(kind)
        self.told = {"kind": kind, "file": file, "line": line, **values}


@dataclass(frozen=True)
class Document:
    """One file: its value and where its parts stand."""

    name: str
    value: Any
    root: yaml.Node | None
    repeated: tuple[tuple[str, int], ...] = ()  # keys that were given twice in one mapping, with their lines

    def line(self, *path: Any) -> int | None:
        """The line on which the part begins, or the nearest one above it."""
        node, line = self.root, 1
        for key in path:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == str(key)), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line + 1
            else:
                break
        return line


class Loader(yaml.CSafeLoader):
    """A safe loader that keeps dates as they were written."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class Repository:
    """The files below one folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.read: dict[str, Document] = {}

    def document(self, name: str, asked_by: str = "", line: int | None = None) -> Document:
        """The file of this path from the repository's root. Raises Fault."""
        if name not in self.read:
            try:
                path = (self.folder / name).resolve()
            except ValueError:  # it has a NUL
                raise Fault("missing", asked_by, line, name=name[:300]) from None
            if not path.is_relative_to(self.folder):
                raise Fault("outside", asked_by, line, name=name[:300])
            if not is_file(path):
                raise Fault("missing", asked_by, line, name=name[:300])
            self.read[name] = _parsed(name, path.read_bytes()[: MAX_BYTES + 1])
        return self.read[name]

    def repeated(self) -> list[dict[str, Any]]:
        """A fault for each key that was given twice."""
        return [Fault("repeated", file.name, line, name=key).told for file in self.read.values() for key, line in file.repeated][:20]

    def beside(self, document: Document, reference: str, line: int | None) -> str:
        """The path that a reference in the document names. Raises Fault where it is none in the repository."""
        if is_remote(reference):
            raise Fault("remote", document.name, line, name=reference[:300])
        path = (self.folder / document.name).parent / unquote(reference.removeprefix("file://"))
        try:
            return str(path.resolve().relative_to(self.folder))
        except ValueError:
            raise Fault("outside", document.name, line, name=reference[:300]) from None


def is_file(path: Path) -> bool:
    """Whether there is such a file; its name may be any text, and one that no disk takes is just not there."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_remote(reference: str) -> bool:
    """Whether a reference names something that would have to be fetched."""
    return ("://" in reference and not reference.startswith("file://")) or reference.startswith(
        ("github:", "gitlab", "from-github", "from-cap")
    )


def _parsed(name: str, content: bytes) -> Document:
    if len(content) > MAX_BYTES:
        raise Fault("large", name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault("not text", name, content[: error.start].count(b"\n") + 1) from None
    try:
        _measure(name, text)
        loader = Loader(text)
        root = loader.get_single_node()
        value = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        raise Fault("yaml", name, None if mark is None else mark.line + 1, message=str(error.problem or error.context)[:500]) from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise Fault("yaml", name, None, message=str(error).split("\n")[0][:500]) from None
    return Document(name, value, root, tuple(_repeated(root)))


def _repeated(root: Any) -> Iterator[tuple[str, int]]:
    """Keys of which YAML forgets all but the last."""
    nodes, walked = [root], set()
    while nodes:
        node = nodes.pop()
        if id(node) in walked:
            continue
        walked.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    if key.value in keys:
                        yield key.value[:100], key.start_mark.line + 1
                    keys.add(key.value)
                nodes.append(value)


def _measure(name: str, text: str) -> None:
    """Walk the events without building anything, each alias as large as what it names. Raises Fault."""
    anchors: dict[str, int] = {}
    open_sizes: list[tuple[int, str | None]] = [(0, None)]
    event: Any
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            if len(open_sizes) > MAX_DEPTH:
                raise Fault("deep", name, line)
            open_sizes.append((1, event.anchor))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            size, anchor = open_sizes.pop()
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise Fault("yaml", name, line, message=f"the alias *{event.anchor} is used before what it names")
            size, anchor = anchors[event.anchor], None
        elif isinstance(event, yaml.ScalarEvent):
            size, anchor = 1, event.anchor
        else:
            continue
        if anchor:
            anchors[anchor] = size
        total, own = open_sizes[-1]
        open_sizes[-1] = (total + size, own)
        if total + size > MAX_VALUES:
            raise Fault("many", name, line)


def cut(text: Any) -> str:
    """A text of a bounded length."""
    text = str(text)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def finite(value: Any) -> Any:
    """The value as JSON, in which numbers that JSON has not are texts."""
    return json.loads(json.dumps(value, default=str), parse_constant=str)


def inside(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes, of which one that waits for a workflow waits for all that it holds: their keys begin with its key and a slash."""
    keys = {node["key"] for node in nodes}
    held: dict[str, list[str]] = {}
    for node in nodes:
        parts = node["key"].split("/")
        for end in range(1, len(parts)):
            held.setdefault("/".join(parts[:end]), []).append(node["key"])
    for node in nodes:
        after = [key for name in node["after"] for key in ([name] if name in keys else held.get(name, []))]
        node["after"] = list(dict.fromkeys(after))[:MAX_AFTER]
    return nodes
