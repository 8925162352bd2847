"""The conventions of a lake as its page shows them: what they hold for, the parts of a name, and what each may be."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.naming import Convention, MetadataRule, Named, conventions_of
from datalake.naming.checking import listed, sentence
from datalake.naming.conventions import all_metadata_rules
from vre_portal.services import Service

SORTS = {
    Named.SCOPE: gettext_lazy("Scopes"),
    Named.DATASET: gettext_lazy("Datasets"),
    Named.CONTAINER: gettext_lazy("Containers"),
    Named.FILE: gettext_lazy("Files"),
}
TYPES = {"text": gettext_lazy("a text"), "number": gettext_lazy("a number"), "date": gettext_lazy("a date, such as 2026-11-28")}


@dataclass(frozen=True)
class ShownRule:
    """One convention, or what the values of one metadata key may be."""

    title: str
    is_required: bool
    form: str = ""  # Experiment_Institute_Project
    parts: Sequence[tuple[str, str]] = ()  # the name of each part, and what it may be
    pattern: str = ""
    text: str = ""
    example: str = ""


def shown_rules(lake: Service, visible: Sequence[str]) -> list[ShownRule]:
    """Those of names and then those of metadata, without such as name a single scope that is not among the visible ones."""
    rules = [(item.scope, _of_names(item)) for item in conventions_of(lake)]
    rules += [(item.scope, _of_metadata(item)) for item in all_metadata_rules(lake)]
    return [rule for scope, rule in rules if "*" in scope or scope in visible]


def _of_names(rule: Convention) -> ShownRule:
    sorts = ", ".join(str(SORTS[item]) for item in rule.of)
    parts = [(part.name, listed(part.values) if part.values else part.pattern) for part in rule.parts]
    return ShownRule(
        _in_scopes(sorts, rule.scope), rule.is_required, rule.form, parts, "" if parts else rule.pattern, sentence(rule.text), rule.example
    )


def _of_metadata(rule: MetadataRule) -> ShownRule:
    allowed = listed(rule.values) if rule.values else rule.pattern or str(TYPES.get(rule.type, ""))
    parts = [(rule.key, allowed)] if allowed else []
    return ShownRule(
        _in_scopes(_("Metadata %(key)s") % {"key": rule.key}, rule.scope), rule.is_required, parts=parts, text=sentence(rule.text)
    )


def _in_scopes(what: str, scope: str) -> str:
    return what if scope == "*" else _("%(what)s in scopes %(scope)s") % {"what": what, "scope": scope}
