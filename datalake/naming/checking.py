"""Whether a name or a value follows the conventions, in words for people, with a suggestion where one can be made."""

import logging
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.naming.conventions import (
    GENERIC_NAMES,
    GENERIC_SCOPES,
    Convention,
    MetadataRule,
    Named,
    NamePart,
    convention_for,
    metadata_rules,
    names_pattern,
)
from datalake.naming.patterns import PatternTooSlow, matches
from datalake.naming.suggesting import CUTOFF, suggested
from vre_portal.services import Service
from vre_portal.text import plain

logger = logging.getLogger(__name__)
MAX_NAME_CHARS = 250
SHOWN_VALUES, SHOWN_CHARS = 12, 60


@dataclass(frozen=True)
class NameCheck:
    """What is wrong with a name, and what it could be called instead."""

    problems: tuple[str, ...] = ()
    suggestion: str = ""
    is_required: bool = False  # it cannot be used as it is
    convention: Convention | None = None

    @property
    def is_fine(self) -> bool:
        return not self.problems

    @property
    def text(self) -> str:
        """All of it as one text."""
        example = self.convention.example if self.convention else ""
        more = _("Suggestion: “%(name)s”.") % {"name": self.suggestion} if self.suggestion else ""
        if not more and example:
            more = _("Example: “%(example)s”.") % {"example": example}
        return " ".join([*self.problems, *([more] if more else [])])


def check_name(lake: Service, of: Named, scope: str, name: str) -> NameCheck:
    """Whether something new may have this name; Rucio itself decides in the end. A scope is checked under its own name."""
    if len(name) > MAX_NAME_CHARS:
        text = _("A name can have at most %(limit)s characters; this one has %(count)s.")
        return NameCheck((text % {"limit": MAX_NAME_CHARS, "count": len(name)},), is_required=True)
    convention = convention_for(lake, of, scope)
    try:
        if not matches(names_pattern(lake, of), name):
            suggestion = suggested(convention, name) if convention else ""
            return NameCheck((_unknown_to_rucio(lake, of, scope),), suggestion, is_required=True, convention=convention)
        if convention is None or convention.allows(name):
            return NameCheck(convention=convention)
        return NameCheck(tuple(_problems(convention, scope, name)), suggested(convention, name), convention.is_required, convention)
    except PatternTooSlow as slow:
        is_required = convention is None or convention.is_required
        return NameCheck((_unchecked(lake, slow),), is_required=is_required, convention=convention)


def _unknown_to_rucio(lake: Service, of: Named, scope: str) -> str:
    """Why Rucio would not take such a name."""
    pattern = names_pattern(lake, of)
    if of is Named.SCOPE:
        if pattern == GENERIC_SCOPES:
            return _("Names of scopes can contain letters, digits, dots, dashes and underscores.")
        return _("Names of scopes must match the pattern %(pattern)s in this Data Lake.") % {"pattern": pattern}
    if pattern == GENERIC_NAMES:
        text = _(
            "Names in %(scope)s can contain letters, digits, dots, dashes, underscores and slashes, and begin with a letter, digit or slash."
        )
        return text % {"scope": scope}
    return _("Names must match the pattern %(pattern)s in this Data Lake.") % {"pattern": pattern}


def _unchecked(lake: Service, slow: PatternTooSlow) -> str:
    logger.error("A pattern of the naming conventions of %s takes too long: %s", lake.name, slow)
    return _("This could not be checked: the naming convention has a pattern that takes too long. Choose something simpler.")


def fault(lake: Service, scope: str, name: str, of: Named = Named.DATASET) -> str:
    """Why a name is not allowed for something new; empty where it is, also where it only does not follow a convention."""
    check = check_name(lake, of, scope, name)
    return check.text if check.is_required else ""


def name_help(lake: Service, scope: str, of: Named = Named.DATASET) -> str:
    """What a form says of names: how they are made up, and an example; empty where there is no convention."""
    convention = convention_for(lake, of, scope)
    if convention is None:
        return ""
    form = _("Names here are “%(form)s”.") % {"form": convention.form} if convention.parts else ""
    example = _("Example: “%(example)s”.") % {"example": convention.example} if convention.example else ""
    return " ".join(part for part in (form, sentence(convention.text), example) if part)


def sentence(text: str) -> str:
    """A text of an operator as a sentence that others can follow."""
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


def _problems(convention: Convention, scope: str, name: str) -> list[str]:
    if not convention.parts:
        if convention.text:
            return [_("Names in %(scope)s: %(rule)s.") % {"scope": scope, "rule": convention.text.rstrip(".")}]
        return [_("Names in %(scope)s must match the pattern %(pattern)s.") % {"scope": scope, "pattern": convention.pattern}]
    if not name.startswith(convention.leading):
        return [_("The name has to begin with “%(separator)s”: %(form)s") % {"separator": convention.leading, "form": convention.form}]
    pieces = convention.split(name)
    if len(pieces) != len(convention.parts):
        text = ngettext("The name needs %(count)s part: %(form)s.", "The name needs %(count)s parts: %(form)s.", len(convention.parts)) % {
            "count": len(convention.parts),
            "form": convention.form,
        }
        return [text, *([sentence(convention.text)] if convention.text else [])]
    return [_part_problem(part, piece) for part, piece in zip(convention.parts, pieces, strict=True) if not part.fits(piece)]


def _part_problem(part: NamePart, piece: str) -> str:
    facts = {"part": part.name, "text": plain(piece)[:SHOWN_CHARS]}
    if not piece:
        return _("%(part)s is empty.") % facts
    if not part.values:
        return _("“%(text)s” is not allowed as %(part)s: it has to match %(pattern)s.") % {**facts, "pattern": part.pattern}
    return _("“%(text)s” is not a known %(part)s. Known: %(values)s.") % {**facts, "values": listed(part.values)}


def listed(values: tuple[str, ...]) -> str:
    """The values, the first of many."""
    shown = ", ".join(values[:SHOWN_VALUES])
    return (
        shown
        if len(values) <= SHOWN_VALUES
        else _("%(values)s and %(count)s more") % {"values": shown, "count": len(values) - SHOWN_VALUES}
    )


def check_metadata(lake: Service, scope: str, key: str, value: Any) -> NameCheck:
    """Whether a key may have this value in a scope."""
    for rule in metadata_rules(lake, scope):
        try:
            problem = _value_problem(rule, value) if rule.key == key else ""
        except PatternTooSlow as slow:
            problem = _unchecked(lake, slow)
        if problem:
            near = get_close_matches(str(value).casefold(), [item.casefold() for item in rule.values], n=1, cutoff=CUTOFF)
            suggestion = next((item for item in rule.values if near and item.casefold() == near[0]), "")
            return NameCheck((problem,), suggestion, rule.is_required)
    return NameCheck()


def _value_problem(rule: MetadataRule, value: Any) -> str:
    facts = {"key": rule.key, "value": plain(value)[:SHOWN_CHARS]}
    if rule.values and str(value) not in rule.values:
        return _("“%(value)s” is not a known value of %(key)s. Known: %(values)s.") % {**facts, "values": listed(rule.values)}
    if rule.pattern and not matches(rule.pattern, str(value)):
        return sentence(rule.text) or _("%(key)s has to match %(pattern)s.") % {**facts, "pattern": rule.pattern}
    if not _has_type(rule.type, value):
        words = {"number": _("%(key)s has to be a number."), "date": _("%(key)s has to be a date, such as 2026-11-28.")}
        return words.get(rule.type, _("%(key)s has to be a text.")) % facts
    return ""


def _has_type(kind: str, value: Any) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "date":
        try:
            return bool(datetime.fromisoformat(str(value)))
        except ValueError:
            return False
    return kind != "text" or isinstance(value, str)
