"""Values as YAML, read without surprises: what a YAML reader would change without saying so (`no`, `012`, `1:30`) is a fault with its line.

Numbers with an exponent are numbers (1e3), as in JSON and YAML 1.2; the YAML 1.1 of most readers takes them for text, so what is
written here has a form that both read alike.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from django.utils.translation import gettext as _

from projects.workflows.launching.plain_values import LONGEST_NUMBER, SCALARS, differs, written
from vre_portal import bounded_yaml

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
PLAIN = {"null": None, "~": None, "true": True, "false": False}
LOOKS_LIKE_NUMBER = re.compile(r"[-+]?0[0-9_]+|[-+]?\.?(nan|inf|infinity)|0o[0-7]+", re.IGNORECASE)
PLAIN_TEXT = re.compile(r"[^\W_](?:[\w ./+-]*[\w./+-])?")  # what needs no quotes inside of brackets either
QUOTED = ("'", '"', "|", ">")
TEXT_TAG = "tag:yaml.org,2002:str"
NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
SHOWN = 60  # characters of a value that a fault quotes
_resolver = yaml.resolver.Resolver()


class YamlFault(ValueError):
    """A text or a value that is not accepted; str() says why, `line` where, if that is known."""

    def __init__(self, words: str, line: int | None = None) -> None:
        super().__init__(words)
        self.line = line


@dataclass(frozen=True)
class Entry:
    """A name of a mapping with the node of its value."""

    name: str
    node: yaml.Node

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def is_quoted(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.style in QUOTED

    @property
    def text(self) -> str | None:
        """What is written there, where it is one value."""
        return str(self.node.value) if isinstance(self.node, yaml.ScalarNode) else None

    def value(self) -> Any:
        """The value; raises YamlFault."""
        return value_of(self.node)


def value(text: str) -> Any:
    """The value that the text is; raises YamlFault."""
    root = _root(text)
    return None if root is None else value_of(root)


def entries(text: str, *, with_numbers: bool = False) -> list[Entry]:
    """The names and values of a mapping, in their order; an empty text has none. Raises YamlFault, also for names that are no text.

    `with_numbers` takes whole numbers as names, too.
    """
    root = _root(text)
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise YamlFault(_("Write one “name: value” on each line."), root.start_mark.line + 1)
    return [Entry(str(key.value) if with_numbers and INTEGER.fullmatch(str(key.value)) else _key(key), node) for key, node in root.value]


def _root(text: str) -> yaml.Node | None:
    try:
        loaded = bounded_yaml.load(text)
    except bounded_yaml.BadYaml as error:
        found = re.match(r"\D*(\d+): ", str(error))
        raise YamlFault(_("This is not YAML: %(reason)s.") % {"reason": error}, int(found[1]) if found else None) from None
    if loaded.repeated:
        raise YamlFault(_("A name is given twice: %(names)s.") % {"names": ", ".join(loaded.repeated)})
    return loaded.root


def value_of(node: yaml.Node) -> Any:
    """The value of a node as JSON can carry it; raises YamlFault with its line."""
    if not isinstance(node, yaml.ScalarNode) and node.tag not in COLLECTION_TAGS:
        raise YamlFault(_("“%(tag)s” cannot be used here.") % {"tag": node.tag[:SHOWN]}, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return {_key(key): value_of(item) for key, item in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item) for item in node.value]
    is_quoted = isinstance(node, yaml.ScalarNode) and node.style in QUOTED
    return scalar(str(node.value), node.start_mark.line + 1, tag=node.tag, is_quoted=is_quoted)


def _key(node: yaml.Node) -> str:
    key = value_of(node) if isinstance(node, yaml.ScalarNode) else None
    if not isinstance(key, str):
        raise YamlFault(_("A name must be text. Put it in quotes."), node.start_mark.line + 1)
    return key


def scalar(text: str, line: int | None = None, *, tag: str | None = None, is_quoted: bool = False) -> Any:
    """One value as it is written; raises YamlFault where readers of YAML would not take it for what it looks like."""
    usual = _usual_tag(text)
    if tag not in (None, TEXT_TAG) and (is_quoted or tag != usual):
        raise YamlFault(_("“%(tag)s” cannot be used here.") % {"tag": tag[:SHOWN] if tag else ""}, line)
    if is_quoted or (tag == TEXT_TAG and usual not in (TEXT_TAG, "tag:yaml.org,2002:timestamp")):
        return text
    if text.lower() in PLAIN and (text.islower() or text.isupper() or text.istitle() or text == "~"):
        return PLAIN[text.lower()]
    if len(text) > LONGEST_NUMBER and (usual in NUMBER_TAGS or INTEGER.fullmatch(text)):
        raise YamlFault(_("%(number)s has too many digits.") % {"number": text[:40]}, line)
    if INTEGER.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text) and not LOOKS_LIKE_NUMBER.fullmatch(text):
        return _float(text, line)
    values = {"value": text[:SHOWN], "quoted": written(text[:SHOWN])}
    if not text:
        raise YamlFault(_('Nothing stands here. Write null, or "" for an empty text.'), line)
    if LOOKS_LIKE_NUMBER.fullmatch(text):
        raise YamlFault(_("“%(value)s” may be a number or text. Write the number without zeros in front, or %(quoted)s.") % values, line)
    if usual not in (TEXT_TAG, "tag:yaml.org,2002:timestamp"):
        values["read"] = written(as_read(text))
        raise YamlFault(_("YAML reads “%(value)s” as %(read)s. Write %(read)s, or %(quoted)s for the text.") % values, line)
    return text


def is_usual_text(text: str) -> bool:
    """Whether most readers of YAML take it for text."""
    return _usual_tag(text) == TEXT_TAG


def _usual_tag(text: str) -> str:
    return str(_resolver.resolve(yaml.ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]


def _float(text: str, line: int | None) -> float:
    number = float(text)
    if not math.isfinite(number) or differs(text, number):
        raise YamlFault(_("%(number)s has too many digits.") % {"number": text[:40]}, line)
    return number


def as_read(text: str) -> Any:
    """What most readers of YAML make of it."""
    if len(text) > LONGEST_NUMBER and _usual_tag(text) in NUMBER_TAGS:
        return text
    try:
        read = yaml.load(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError):
        return text
    return read if isinstance(read, SCALARS) else str(read)


class _Dumper(yaml.SafeDumper):
    """Writes what `value` reads back unchanged, and what YAML 1.1 reads alike."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    if any(character in text for character in "\r\x85\u2028\u2029"):  # which YAML takes for line breaks
        return dumper.represent_scalar(TEXT_TAG, text, style='"')
    if "\n" in text:
        return dumper.represent_scalar(TEXT_TAG, text, style="|")  # where that cannot be, it is written in quotes
    try:
        is_plain = scalar(text) == text
    except YamlFault:
        is_plain = False
    return dumper.represent_scalar(TEXT_TAG, text, style=None if is_plain else "'")


def _represent_list(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    is_short = all(isinstance(item, SCALARS) for item in items) and len(written(items)) < 100
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=is_short)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)


def dump(data: Any) -> str:
    """The value as YAML, in the order that it has."""
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1000)
    return text.removesuffix("\n...\n") if isinstance(data, SCALARS) else text


def inline(value: Any) -> str:
    """The value as YAML on one line; a text that YAML would take for something else, or that has lines, in quotes."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{inline(key)}: {inline(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(inline(item) for item in value)}]"
    return value if isinstance(value, str) and _is_plain(value) else written(value)


def as_shown(value: Any) -> str:
    """The value as pages show it beside its name: a text as it is, everything else as YAML on one line."""
    return value if isinstance(value, str) else inline(value)


def _is_plain(text: str) -> bool:
    if not PLAIN_TEXT.fullmatch(text):
        return False
    try:
        return bool(scalar(text) == text)
    except YamlFault:
        return False


def lines_with(faults: list[YamlFault]) -> Iterator[str]:
    """The faults as sentences with their lines."""
    for fault in faults:
        yield _("Line %(line)s: %(fault)s") % {"line": fault.line, "fault": fault} if fault.line else str(fault)
