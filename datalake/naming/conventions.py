"""What the option `naming` of a Data Lake says: a convention for scopes, collections or files, and rules for metadata."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

import regex

from datalake.naming.patterns import matches
from vre_portal.services import Service

PART_PATTERN = "[A-Za-z0-9]+"
# Rucio's own generic schema; lakes with another policy package say theirs in `names` and `scope_names`.
GENERIC_NAMES, GENERIC_SCOPES = r"[/A-Za-z0-9][/A-Za-z0-9._-]*", r"[A-Za-z0-9._-]+"


class Named(StrEnum):
    """What a name is the name of."""

    SCOPE = "scope"
    DATASET = "dataset"
    CONTAINER = "container"
    FILE = "file"


COLLECTIONS = (Named.DATASET, Named.CONTAINER)


class BadConvention(ValueError):
    """An entry of services.toml that cannot be used; the text says why."""


@dataclass(frozen=True)
class NamePart:
    """One part of a name: one of some values, or what a pattern allows."""

    name: str
    values: tuple[str, ...] = ()
    pattern: str = PART_PATTERN

    @property
    def regex(self) -> str:
        """As PostgreSQL understands it, too: without named groups."""
        return "|".join(map(re.escape, self.values)) if self.values else self.pattern

    def fits(self, text: str) -> bool:
        """Raises PatternTooSlow."""
        return matches(self.regex, text)


@dataclass(frozen=True)
class Convention:
    """How things are called: parts with a separator between, or a pattern for the whole name."""

    of: tuple[Named, ...]
    scope: str  # in which scopes, with * for anything
    exempt: tuple[str, ...]
    parts: tuple[NamePart, ...]
    separator: str
    pattern: str
    is_required: bool
    text: str
    example: str
    leading: str = ""  # the separator where a name begins with it, too: /Primary/Processed

    @property
    def regex(self) -> str:
        """What a whole name has to be."""
        if self.pattern:
            return self.pattern
        return re.escape(self.leading) + re.escape(self.separator).join(f"(?:{part.regex})" for part in self.parts)

    @property
    def form(self) -> str:
        """How a name is made up: Experiment_Institute_Project."""
        return self.joined([part.name for part in self.parts])

    def joined(self, pieces: Iterable[str]) -> str:
        """The name with these parts."""
        return self.leading + self.separator.join(pieces)

    def split(self, name: str) -> list[str]:
        """The parts of a name."""
        return name.removeprefix(self.leading).split(self.separator)

    def applies_to(self, of: Named, scope: str) -> bool:
        return of in self.of and fnmatchcase(scope, self.scope) and not any(fnmatchcase(scope, item) for item in self.exempt)

    def allows(self, name: str) -> bool:
        """Raises PatternTooSlow."""
        return matches(self.regex, name)


@dataclass(frozen=True)
class MetadataRule:
    """What the values of one metadata key may be."""

    key: str
    scope: str
    values: tuple[str, ...]
    pattern: str
    type: str  # text, number or date; empty for any
    is_required: bool
    text: str


def conventions_of(lake: Service) -> Iterator[Convention]:
    """All conventions for names in the order of services.toml. Raises BadConvention."""
    for entry in entries(lake, "naming"):
        yield read_convention(entry)


def convention_for(lake: Service, of: Named, scope: str) -> Convention | None:
    """The convention for names of this sort in a scope: the first that fits. For a scope, `scope` is its own name."""
    return next((item for item in conventions_of(lake) if item.applies_to(of, scope)), None)


def all_metadata_rules(lake: Service) -> Iterator[MetadataRule]:
    """All rules for metadata in the order of services.toml. Raises BadConvention."""
    for entry in entries(lake, "metadata_rules"):
        yield read_metadata_rule(entry)


def metadata_rules(lake: Service, scope: str) -> Iterator[MetadataRule]:
    """The rules for metadata in a scope. Raises BadConvention."""
    return (rule for rule in all_metadata_rules(lake) if fnmatchcase(scope, rule.scope))


def read_convention(entry: Any) -> Convention:
    facts = _table(entry, {"of", "scope", "except", "parts", "separator", "leading_separator", "pattern", "required", "text", "example"})
    parts = tuple(_part(item) for item in facts.get("parts") or ())
    pattern = read_pattern(facts.get("pattern"))
    if parts and pattern:
        raise BadConvention("it has parts and a pattern; it can have one of them")
    separator = str(facts.get("separator") or "")
    if parts and len(separator) != 1:
        raise BadConvention("its separator has to be one character")
    begins = _truth(facts.get("leading_separator", False), "leading_separator")
    sorts = facts.get("of") or [str(item) for item in COLLECTIONS]
    try:
        of = tuple(Named(item) for item in ([sorts] if isinstance(sorts, str) else sorts))
    except ValueError as error:
        raise BadConvention(f"of: {error}") from None
    convention = Convention(
        of,
        str(facts.get("scope") or "*"),
        _texts(facts.get("except", ["user.*"]), "except"),
        parts,
        separator,
        pattern if pattern or parts else GENERIC_NAMES,
        _truth(facts.get("required", True)),
        str(facts.get("text") or ""),
        str(facts.get("example") or ""),
        separator if begins else "",
    )
    read_pattern(convention.regex)  # each part may be right, and the whole of them not
    return convention


def _part(entry: Any) -> NamePart:
    facts = _table(entry, {"name", "values", "pattern"})
    if not isinstance(facts.get("name"), str) or not facts["name"]:
        raise BadConvention("each part needs a name")
    return NamePart(facts["name"], _texts(facts.get("values") or (), "values"), read_pattern(facts.get("pattern")) or PART_PATTERN)


def read_metadata_rule(entry: Any) -> MetadataRule:
    facts = _table(entry, {"key", "scope", "values", "pattern", "type", "required", "text"})
    if not isinstance(facts.get("key"), str) or not facts["key"]:
        raise BadConvention("it needs a key")
    kind = str(facts.get("type") or "")
    if kind not in ("", "text", "number", "date"):
        raise BadConvention("its type has to be text, number or date")
    return MetadataRule(
        facts["key"],
        str(facts.get("scope") or "*"),
        _texts(facts.get("values") or (), "values"),
        read_pattern(facts.get("pattern")),
        kind,
        _truth(facts.get("required", False)),
        str(facts.get("text") or ""),
    )


def _table(entry: Any, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise BadConvention("it has to be a table")
    if unknown := entry.keys() - known:
        raise BadConvention(f"it has {', '.join(sorted(unknown))}, which is not known")
    return entry


def entries(lake: Service, option: str) -> list[Any]:
    """The entries of an option. Raises BadConvention."""
    found = lake.options.get(option) or []
    if not isinstance(found, list | tuple):
        raise BadConvention(f"{option} has to be a list of tables")
    return list(found)


def names_pattern(lake: Service, of: Named) -> str:
    """What the lake takes as a name at all. Raises BadConvention."""
    option, generic = ("scope_names", GENERIC_SCOPES) if of is Named.SCOPE else ("names", GENERIC_NAMES)
    return read_pattern(lake.options.get(option)) or generic


def _truth(value: Any, name: str = "required") -> bool:
    if not isinstance(value, bool):
        raise BadConvention(f"{name} has to be true or false")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise BadConvention(f"{name} has to be a list of texts")
    return tuple(value)


def read_pattern(value: Any) -> str:
    """A regular expression that stands within another; empty where there is none. Raises BadConvention."""
    text = str(value or "")
    try:
        re.compile(f"(?:{text})x")  # also what may only stand at the beginning, such as (?i), is refused
        regex.compile(text)
    except (re.error, regex.error) as error:
        raise BadConvention(f"the pattern {text!r} cannot be used: {error}") from None
    return text
