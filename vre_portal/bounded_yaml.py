"""YAML that people wrote, read with a limit on everything that a few bytes can make large: length, nesting, aliases, numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from vre_portal.portable_gettext import gettext as _
from vre_portal.portable_gettext import grouped

MAX_CHARACTERS = 200_000
MAX_NODES = 10_000  # counted as if every alias were written out
MAX_DEPTH = 40
MAX_NUMBER_CHARACTERS = 100
INDEX_DIGITS = 6

Path = tuple[Any, ...]


class BadYaml(ValueError):
    """The text is not accepted; the message says why, with the line where it is known."""


class _Loader(yaml.CSafeLoader):
    """A safe loader that keeps dates as they were written and makes no endless numbers."""

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        if len(node.value) > MAX_NUMBER_CHARACTERS:
            raise BadYaml(
                _("line %(line)s: a number has %(count)s characters; at most %(limit)s are allowed")
                % {"line": node.start_mark.line + 1, "count": grouped(len(node.value)), "limit": MAX_NUMBER_CHARACTERS}
            )
        try:
            return self.construct_yaml_int(node) if node.tag.endswith(":int") else self.construct_yaml_float(node)
        except (ValueError, OverflowError, IndexError):
            reason = _("line %(line)s: “%(value)s” is not a number") % {"line": node.start_mark.line + 1, "value": node.value}
            raise BadYaml(reason) from None


# What looks like a date stays the text that was written: no JSON could carry a date, and nothing of it is lost.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
for kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{kind}", _Loader.construct_number)  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Loaded:
    """The value, the keys that were given twice, and where its nodes begin."""

    value: Any
    repeated: tuple[str, ...]
    root: yaml.Node | None

    def line(self, path: Path) -> int | None:
        """The line on which the node at the path begins; the nearest one above it where there is none."""
        node = self.root
        for key in path:
            node = _child(node, key) or node
        return None if node is None else node.start_mark.line + 1

    def lines(self, path: Path) -> range:
        """The lines on which the node at the path stands; none where there is no such node."""
        node = self.root
        for key in path:
            node = _child(node, key)
        if node is None:
            return range(0)
        end = node.end_mark
        return range(node.start_mark.line + 1, end.line + 1 + (end.column > 0))

    def has(self, path: Path) -> bool:
        """Whether there is a node at the path; at an empty one, no."""
        node = self.root if path else None
        for key in path:
            node = _child(node, key)
        return node is not None


def path_of(text: str) -> Path:
    """A path as validators write it, `workflow.specification.steps.0`: names, and the numbers of items."""
    return tuple(
        int(part) if part.isascii() and part.isdecimal() and len(part) <= INDEX_DIGITS else part for part in text.split(".") if part
    )


@dataclass
class _Size:
    """How much one node is, aliases written out."""

    nodes: int = 1
    depth: int = 1
    is_mapping: bool = False
    keys: set[str] = field(default_factory=set)
    is_at_key: bool = True

    def add(self, other: "_Size") -> None:
        self.nodes += other.nodes
        self.depth = max(self.depth, other.depth + 1)


def load(text: str) -> Loaded:
    """Parse the text. Raises BadYaml where it is no YAML, is too large or too deep, or holds more than one document."""
    if len(text) > MAX_CHARACTERS:
        counts = {"count": grouped(len(text)), "limit": grouped(MAX_CHARACTERS)}
        raise BadYaml(_("it has %(count)s characters; at most %(limit)s are allowed") % counts)
    try:
        repeated = measure(text)
        loader = _Loader(text)
        root = loader.get_single_node()
        value = None if root is None else loader.construct_document(root)  # type: ignore[no-untyped-call]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or _("it is not valid YAML")
        raise BadYaml(_("line %(line)s: %(problem)s") % {"line": mark.line + 1, "problem": problem} if mark else problem) from None
    except yaml.YAMLError as error:
        raise BadYaml(_("it is not valid YAML: %(problem)s") % {"problem": str(error).splitlines()[0]}) from None
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError, LookupError) as error:
        raise (
            error if isinstance(error, BadYaml) else BadYaml(_("it is not valid YAML: %(problem)s") % {"problem": str(error)[:200]})
        ) from None
    return Loaded(value, repeated, root)


def measure(text: str, *, max_nodes: int = MAX_NODES, max_depth: int = MAX_DEPTH) -> tuple[str, ...]:
    """Walk the events without building anything, each alias as large as what it names. Returns the keys given twice, with lines.

    Raises BadYaml at the first value or level too many, and yaml.YAMLError where it is no YAML.
    """
    anchors: dict[str, _Size] = {}
    open_nodes: list[tuple[_Size, str | None]] = [(_Size(), None)]
    repeated: list[str] = []
    for event in _events(text):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            if len(open_nodes) > max_depth:
                raise BadYaml(_("line %(line)s: it is nested more than %(limit)s levels deep") % {"line": line, "limit": max_depth})
            open_nodes.append((_Size(is_mapping=isinstance(event, yaml.MappingStartEvent)), event.anchor))
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            size, anchor = open_nodes.pop()
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                reason = _("line %(line)s: the alias “*%(alias)s” is used before or inside the value that it names")
                raise BadYaml(reason % {"line": line, "alias": event.anchor})
            size, anchor = anchors[event.anchor], None
        elif isinstance(event, yaml.ScalarEvent):
            size, anchor = _Size(), event.anchor
        else:
            continue
        if anchor:
            anchors[anchor] = size
        parent = open_nodes[-1][0]
        if twice := _key_given_twice(parent, event):
            repeated.append(_("“%(key)s” on line %(line)s") % {"key": twice, "line": line})
        parent.add(size)
        if parent.nodes > max_nodes:
            reason = _("line %(line)s: with all aliases expanded it has more than %(limit)s values")
            raise BadYaml(reason % {"line": line, "limit": grouped(max_nodes)})
        if parent.depth > max_depth + 1:
            raise BadYaml(_("line %(line)s: it is nested more than %(limit)s levels deep") % {"line": line, "limit": max_depth})
    return tuple(repeated[:20])


def _events(text: str) -> Iterator[Any]:
    return yaml.parse(text, Loader=yaml.CSafeLoader)  # type: ignore[no-any-return, no-untyped-call]


def _key_given_twice(parent: _Size, event: Any) -> str:
    """The key that the event gives to its mapping once more, or nothing; of two equal keys YAML forgets the first."""
    if not parent.is_mapping:
        return ""
    is_key, parent.is_at_key = parent.is_at_key, not parent.is_at_key
    if not is_key or not isinstance(event, yaml.ScalarEvent) or event.value == "<<":
        return ""
    if event.value in parent.keys:
        return str(event.value)[:80]
    parent.keys.add(event.value)
    return ""


def _child(node: yaml.Node | None, key: Any) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]  # type: ignore[no-any-return]
    return None
