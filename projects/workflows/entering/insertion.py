"""Putting an example into a specification where it belongs, however its author writes YAML; what was there is there afterwards."""

from typing import Any

import yaml
from django.utils.translation import gettext as _

from projects.workflows import reana_yaml
from projects.workflows.engines.serial import STEPS
from projects.workflows.entering.schema_help import Key
from vre_portal import bounded_yaml


class NotInserted(Exception):
    """The example cannot be put in without breaking the text; the words say what to do."""


class _Present(Exception):
    """The text has the example already, on this line."""

    def __init__(self, node: yaml.Node) -> None:
        super().__init__(node.start_mark.line + 1)
        self.line = node.start_mark.line + 1


def inserted(text: str, key: Key, at_line: int = 0) -> tuple[str, int]:
    """The text with the example, and the number of its first new line, or of the line that has it already. Raises NotInserted.

    What belongs to a step goes into the one that the line is in, else into the last one.
    """
    try:
        before = bounded_yaml.load(text)
    except bounded_yaml.BadYaml as error:
        raise NotInserted(_("Nothing was inserted, because the text is not valid YAML: %(reason)s.") % {"reason": error}) from None
    example = key.whole
    lines = text.split("\n")
    if before.root is None:
        return _put(lines, len(lines), example.split("\n"))
    root = bounded_yaml.load(example).root
    try:
        if root is None:
            raise NotInserted("")  # untranslated: no example is empty
        at, new = _Place(example.split("\n"), is_of_step=key.is_of_step, at_line=at_line).find(before.root, root)
    except _Present as present:
        return text, present.line
    changed, line = _put(lines, at, new)
    try:
        after = bounded_yaml.load(changed)
    except bounded_yaml.BadYaml:
        raise _refusal(before.root) from None
    if after.repeated != before.repeated or not _has(after.value, before.value):
        raise _refusal(before.root)
    return changed, line


def step_at(text: str, line: int) -> str:
    """The name of the step that a line of a valid text is in, or that ends before it."""
    loaded = bounded_yaml.load(text)
    begun = [(loaded.line((*STEPS, number)) or 0, step.name) for number, step in enumerate(reana_yaml.read(text).steps)]
    return next((name for first, name in reversed(begun) if first <= line), "")


class _Place:
    """Looks for the deepest part of an example that a text has, and for the line after which the rest goes."""

    def __init__(self, example: list[str], *, is_of_step: bool, at_line: int) -> None:
        self.example, self.is_of_step, self.at_line = example, is_of_step, at_line

    def find(self, node: yaml.Node, part: yaml.Node) -> tuple[int, list[str]]:
        """The number of lines before the new ones, and these."""
        if isinstance(node, yaml.MappingNode) and isinstance(part, yaml.MappingNode):
            return self._in_mapping(node, part)
        if isinstance(node, yaml.SequenceNode) and isinstance(part, yaml.SequenceNode):
            return self._in_sequence(node, part)
        if not _is_block(part):
            raise _Present(node)
        raise _refusal(node)

    def _in_mapping(self, node: yaml.MappingNode, part: yaml.MappingNode) -> tuple[int, list[str]]:
        name, value = part.value[0]
        known = next(((key, item) for key, item in node.value if key.value == name.value), None)
        if known is None:
            return self._after(node, name)
        key, item = known
        if _is_nothing(item) and _is_block(value):
            return key.end_mark.line + 1, self._lines(value, key.start_mark.column + 2)
        if not _is_block(value):
            raise _Present(key)
        return self.find(item, value)

    def _in_sequence(self, node: yaml.SequenceNode, part: yaml.SequenceNode) -> tuple[int, list[str]]:
        item = part.value[0]
        if self.is_of_step and node.value:
            last = node.value[-1]
            return self.find(next((step for step in reversed(node.value) if step.start_mark.line < self.at_line), last), item)
        if same := next((known for known in node.value if yaml.serialize(known) == yaml.serialize(item)), None):
            raise _Present(same)
        return self._after(node, part)

    def _after(self, node: yaml.CollectionNode, part: yaml.Node) -> tuple[int, list[str]]:
        """Behind the last line of a mapping or a list, as deep in as its other lines."""
        if node.flow_style or not node.value:
            raise _refusal(node)
        return _last_line(node) + 1, self._lines(part, node.start_mark.column)

    def _lines(self, part: yaml.Node, column: int) -> list[str]:
        """The example's lines from this part on, this deep in."""
        own = part.start_mark.column
        return [f"{' ' * column}{line[own:]}" for line in self.example[part.start_mark.line :]]


def _refusal(node: yaml.Node) -> NotInserted:
    words = _("Nothing was inserted, because the text is written in another way around line %(line)s. Copy the example by hand.")
    return NotInserted(words % {"line": node.start_mark.line + 1})


def _put(lines: list[str], at: int, new: list[str]) -> tuple[str, int]:
    while at and not lines[at - 1].strip():
        at -= 1
    return "\n".join([*lines[:at], *new, *lines[at:]]).rstrip("\n") + "\n", at + 1


def _is_block(node: yaml.Node) -> bool:
    """Whether its parts stand on lines of their own."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _is_nothing(node: yaml.Node) -> bool:
    """Whether a key has no value at all, not even a word for none."""
    return isinstance(node, yaml.ScalarNode) and node.value == "" and not node.style and node.start_mark.index == node.end_mark.index


def _last_line(node: yaml.Node) -> int:
    """The last line of what stands in a node, from 0."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    end = node.end_mark
    return end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line


def _has(after: Any, before: Any) -> bool:
    """Whether all that was there is there still."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(name in after and _has(after[name], item) for name, item in before.items())
    if isinstance(before, list):
        return (
            isinstance(after, list) and len(after) >= len(before) and all(_has(new, old) for new, old in zip(after, before, strict=False))
        )
    return before is None or (type(after), after) == (type(before), before)
