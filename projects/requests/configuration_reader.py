"""Reads REQUESTS_FILE, and collects all that is wrong with it, each fault with its place. The words are for operators and not translated."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = re.compile(r"[a-z][a-z0-9-]{0,39}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = {"text", "key", "project", "attachments", "csrfmiddlewaretoken", "format"}  # fields that every form has
TYPES = ("text", "paragraph", "number", "choice", "date", "email", "yesno")
PROJECT = ("none", "optional", "required")
MAX_FIELDS = 30
PREFIX = "local."  # of the keys of configured kinds


@dataclass(frozen=True)
class ConfiguredField:
    """One field of a configured kind."""

    name: str
    label: str
    type: str = "text"
    required: bool = True
    help: str = ""
    choices: tuple[str, ...] = ()
    minimum: float = 0


@dataclass(frozen=True)
class ConfiguredKind:
    """A `[[request]]` table."""

    key: str
    title: str
    description: str
    approvers: tuple[str, ...]  # groups; none: the administrators alone
    instructions: str = ""
    fields: tuple[ConfiguredField, ...] = ()
    section: str = ""
    project: str = "none"  # none, optional, required


@dataclass(frozen=True)
class Configuration:
    """The whole file."""

    kinds: tuple[ConfiguredKind, ...] = ()
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by kind: groups that decide beside the administrators
    group_owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by IAM group: groups that decide who gets into it
    answers: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # by kind, "*" for all: title and text


class Table:
    """One table; where a value is not what it has to be, the fault is noted and an empty one given."""

    def __init__(self, entry: Mapping[str, Any], place: str, faults: list[str], known: Collection[str]) -> None:
        self.entry, self.place, self.faults = entry, place, faults
        if unknown := sorted(set(entry) - set(known)):
            self.fault(f"nothing is called {', '.join(unknown)}")

    def fault(self, words: str) -> None:
        self.faults.append(f"{self.place}: {words}")

    def text(self, name: str, default: str | None = None) -> str:
        """A text; one that is empty only where there is a default."""
        value = self.entry.get(name, default)
        if isinstance(value, str) and (default is not None or value.strip()):
            return value.strip()
        self.fault(f"{name} has to be a text")
        return ""

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """One of some words, the first where there is none."""
        value = self.text(name, choices[0])
        if value not in choices:
            self.fault(f"{name} has to be one of {', '.join(choices)}")
        return value

    def truth(self, name: str, *, default: bool) -> bool:
        value = self.entry.get(name, default)
        if not isinstance(value, bool):
            self.fault(f"{name} has to be true or false, without quotes")
        return bool(value)

    def number(self, name: str, default: float) -> float:
        value = self.entry.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1e12 <= value <= 1e12:
            self.fault(f"{name} has to be a number")
            return default
        return float(value)

    def names(self, name: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        value = self.entry.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.fault(f"{name} has to be a list of texts")
            return ()
        if twice := sorted({item for item in value if value.count(item) > 1}):
            self.fault(f"{name} has twice: {', '.join(twice)}")
        return tuple(value)

    def tables(self, name: str) -> list[Mapping[str, Any]]:
        value = self.entry.get(name, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        self.fault(f"{name} has to be [[{name}]] tables")
        return []

    def table(self, name: str) -> Mapping[str, Any]:
        value = self.entry.get(name, {})
        if isinstance(value, dict):
            return value
        self.fault(f"{name} has to be a [{name}] table")
        return {}


def parsed(path: Path) -> tuple[Configuration, list[str]]:
    """What the file says, and all faults; to be used only where there are none. Raises ValueError where it cannot be read at all."""
    try:
        found = tomllib.loads(unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    faults: list[str] = []
    whole = Table(found, "the file", faults, ("request", "answer", "approvers", "group_owners"))
    kinds = tuple(_kind(entry, number, faults) for number, entry in enumerate(whole.tables("request"), start=1))
    for key in sorted({kind.key for kind in kinds if [item.key for item in kinds].count(kind.key) > 1}):
        whole.fault(f"two requests have the key {key.removeprefix(PREFIX)}")
    approvers, owners = (_groups(whole.table(name), name, faults) for name in ("approvers", "group_owners"))
    return Configuration(kinds, approvers, owners, _answers(whole.tables("answer"), faults)), faults


def unknown_kinds(found: Configuration, known: Collection[str], curated: Collection[str]) -> list[str]:
    """What the file says of kinds that do not exist, or whose approvers it cannot choose."""
    own = {kind.key.removeprefix(PREFIX) for kind in found.kinds}
    approvers = sorted(set(found.approvers) - set(curated))
    answers = sorted(set(found.answers) - {"*", *known, *own})
    return [
        *(f"approvers: {kind} is not one of {', '.join(sorted(curated))}" for kind in approvers),
        *(f"answer: no request has the kind {kind}" for kind in answers),
    ]


def _kind(entry: Mapping[str, Any], number: int, faults: list[str]) -> ConfiguredKind:
    place = f"request {number} ({entry.get('key') or 'without a key'})"
    known = ("key", "title", "description", "approvers", "instructions", "fields", "section", "project")
    table = Table(entry, place, faults, known)
    key = table.text("key")
    if key and not KEY.fullmatch(key):
        table.fault("its key has to begin with a small letter, and has small letters, digits and hyphens only")
    fields = tuple(_field(item, place, faults) for item in table.tables("fields"))
    if len(fields) > MAX_FIELDS:
        table.fault(f"it can have {MAX_FIELDS} fields")
    names = [item.name for item in fields if item.name]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        table.fault(f"two fields have the name {', '.join(twice)}")
    return ConfiguredKind(
        key=f"{PREFIX}{key}",
        title=table.text("title"),
        description=table.text("description"),
        approvers=table.names("approvers"),
        instructions=table.text("instructions", ""),
        fields=fields,
        section=table.text("section", ""),
        project=table.choice("project", PROJECT),
    )


def _field(entry: Mapping[str, Any], kind: str, faults: list[str]) -> ConfiguredField:
    known = ("name", "label", "type", "required", "help", "choices", "minimum")
    table = Table(entry, f"{kind}, field {entry.get('name') or 'without a name'}", faults, known)
    name, type_ = table.text("name"), table.choice("type", TYPES)
    if name and (not NAME.fullmatch(name) or name in RESERVED):
        table.fault("a field cannot have this name")
    choices = table.names("choices")
    if (type_ == "choice") != bool(choices):
        table.fault("choices belong to the type choice, and it needs some")
    if "minimum" in entry and type_ != "number":
        table.fault("only a number has a minimum")
    return ConfiguredField(
        name=name,
        label=table.text("label"),
        type=type_,
        required=table.truth("required", default=True),
        help=table.text("help", ""),
        choices=choices,
        minimum=table.number("minimum", 0),
    )


def _answers(entries: Sequence[Mapping[str, Any]], faults: list[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    answers: dict[str, tuple[tuple[str, str], ...]] = {}
    for number, entry in enumerate(entries, start=1):
        table = Table(entry, f"answer {number} ({entry.get('title') or 'without a title'})", faults, ("kind", "title", "text"))
        kind, title = table.text("kind", "*") or "*", table.text("title")
        if title and title in dict(answers.get(kind, ())):
            table.fault(f"an answer before it has the same title for the kind {kind}")
        answers[kind] = (*answers.get(kind, ()), (title, table.text("text")))
    return answers


def _groups(entry: Mapping[str, Any], name: str, faults: list[str]) -> dict[str, tuple[str, ...]]:
    table = Table(entry, name, faults, entry)
    return {key: table.names(key) for key in entry}
