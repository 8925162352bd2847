"""What REQUESTS_FILE adds: kinds of requests of this installation, who decides about the portal's own, and words for answers."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

KEY = re.compile(r"[a-z][a-z0-9-]{0,39}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = {"text", "key", "project", "attachments", "csrfmiddlewaretoken", "format"}  # fields that every form has
TYPES = ("text", "paragraph", "number", "choice", "date", "email", "yesno")
MAX_FIELDS = 30


@dataclass(frozen=True)
class ConfiguredField:
    """One field of a configured kind."""

    name: str
    label: str
    type: str = "text"
    required: bool = True
    help: str = ""
    choices: tuple[str, ...] = ()


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


def configuration() -> Configuration:
    """What the file says now that this process has read it. Raises ValueError with everything that is wrong with it."""
    return loaded(settings.REQUESTS_FILE)


@cache
def loaded(path: str) -> Configuration:
    """One file, read once; empty without one."""
    return read(Path(path)) if path else Configuration()


def read(path: Path) -> Configuration:
    """The file. Raises ValueError in words, with every faulty entry."""
    try:
        found = tomllib.loads(unicodedata.normalize("NFC", path.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    faults: list[str] = []
    kinds: list[ConfiguredKind] = []
    for number, entry in enumerate(_tables(found, "request", faults), start=1):
        try:
            made = _kind(entry)
            if made.key in {kind.key for kind in kinds}:
                raise ValueError("its key is used by an entry before it")
            kinds.append(made)
        except ValueError as error:
            faults.append(f"request {number} ({entry.get('key') or 'without a key'}): {error}")
    answers: dict[str, tuple[tuple[str, str], ...]] = {}
    for entry in _tables(found, "answer", faults):
        try:
            kind = _text(entry, "kind", "*")
            answers[kind] = (*answers.get(kind, ()), (_text(entry, "title"), _text(entry, "text")))
        except ValueError as error:
            faults.append(f"an answer: {error}")
    approvers, owners = (_groups_by(found, name, faults) for name in ("approvers", "group_owners"))
    if unknown := set(found) - {"request", "answer", "approvers", "group_owners"}:
        faults.append(f"nothing is called {', '.join(sorted(unknown))}")
    if faults:
        raise ValueError(f"{path.name} cannot be used: " + "; ".join(faults))
    return Configuration(tuple(kinds), approvers, owners, answers)


def _kind(entry: Mapping[str, Any]) -> ConfiguredKind:
    key = _text(entry, "key")
    if not KEY.fullmatch(key):
        raise ValueError("its key has to begin with a small letter, and has small letters, digits and hyphens only")
    fields = entry.get("fields") or []
    if not isinstance(fields, list) or len(fields) > MAX_FIELDS or not all(isinstance(item, dict) for item in fields):
        raise ValueError(f"its fields have to be at most {MAX_FIELDS} tables")
    made = tuple(map(_field, fields))
    if len({item.name for item in made}) < len(made):
        raise ValueError("two of its fields have one name")
    project = _text(entry, "project", "none")
    if project not in ("none", "optional", "required"):
        raise ValueError("project has to be none, optional or required")
    known = {"key", "title", "description", "approvers", "instructions", "fields", "section", "project"}
    if unknown := set(entry) - known:
        raise ValueError(f"nothing is called {', '.join(sorted(unknown))}")
    return ConfiguredKind(
        key=f"local.{key}",
        title=_text(entry, "title"),
        description=_text(entry, "description"),
        approvers=_names(entry.get("approvers") or []),
        instructions=_text(entry, "instructions", ""),
        fields=made,
        section=_text(entry, "section", ""),
        project=project,
    )


def _field(entry: Mapping[str, Any]) -> ConfiguredField:
    name, kind = _text(entry, "name"), _text(entry, "type", "text")
    if not NAME.fullmatch(name) or name in RESERVED:
        raise ValueError(f"a field cannot be called {name}")
    if kind not in TYPES:
        raise ValueError(f"field {name}: its type has to be one of {', '.join(TYPES)}")
    choices = _names(entry.get("choices") or [])
    if (kind == "choice") != bool(choices):
        raise ValueError(f"field {name}: choices belong to the type choice, and it needs some")
    return ConfiguredField(name, _text(entry, "label"), kind, entry.get("required", True) is not False, _text(entry, "help", ""), choices)


def _text(entry: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = entry.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise ValueError(f"{name} has to be a text")
    return value.strip()


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError("approvers, groups and choices have to be lists of texts")
    return tuple(value)


def _tables(found: Mapping[str, Any], name: str, faults: list[str]) -> list[Mapping[str, Any]]:
    entries = found.get(name) or []
    if isinstance(entries, list) and all(isinstance(item, dict) for item in entries):
        return entries
    faults.append(f"{name} has to be [[{name}]] tables")
    return []


def _groups_by(found: Mapping[str, Any], name: str, faults: list[str]) -> dict[str, tuple[str, ...]]:
    table = found.get(name) or {}
    try:
        return {str(key): _names(value) for key, value in table.items()}
    except (ValueError, AttributeError):
        faults.append(f"[{name}] has to name lists of groups")
        return {}
