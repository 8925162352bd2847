"""The checks of a specification as pages list them: what has to be corrected first, and what nobody looked at last and never green."""

import posixpath
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from projects.workflows.models import Entry, Specification, SpecificationVersion
from projects.workflows.validation_results import DOLLARS, Check, State

YAML = "reana.yaml"
TITLES: dict[State, Promise] = {
    "error": gettext_lazy("To correct"),
    "warning": gettext_lazy("Warnings"),
    "ok": gettext_lazy("Passed"),
    "not checked": gettext_lazy("Not checked"),
}


@dataclass(frozen=True)
class CheckGroup:
    """Checks of one state."""

    title: str
    checks: tuple[Check, ...]


def grouped(checks: Iterable[Check], names: Collection[str] = ()) -> list[CheckGroup]:
    """The checks by their states, without empty groups. `names` are those of the reana.yaml: a line of it is a place on the page."""
    listed = [replace(check, file="") if check.line and check.file in names else check for check in checks]
    found = [(title, tuple(check for check in listed if check.state == state)) for state, title in TITLES.items()]
    return [CheckGroup(str(title), members) for title, members in found if members]


def messages_of(groups: Iterable[CheckGroup]) -> Iterator[str]:
    """All that checks say."""
    return (message for group in groups for check in group.checks for message in check.messages)


def names_of(document: Specification | Entry | SpecificationVersion) -> frozenset[str]:
    """How checks may call the reana.yaml: by its path in the repository, or by the one in the workspace."""
    sourced = document.current if isinstance(document, Specification) else document
    path, root = document.path or YAML, sourced.root if sourced else ""
    return frozenset((YAML, path, posixpath.relpath(path, root or ".")))


def combined(own: Sequence[Check], read: Sequence[Check]) -> list[Check]:
    """The checks of the typed values, and of what the engine read those that were not checked otherwise."""
    with_lines = {check.name for check in read if check.line}
    looked_at = {
        check.name for check in own if check.state != "not checked" and not (check.name == str(DOLLARS) and check.name in with_lines)
    }
    better: dict[str, list[Check]] = {}
    for check in read:
        if check.name not in looked_at:
            better.setdefault(check.name, []).append(check)
    own_or_better = [found for check in own for found in better.pop(check.name, [check])]
    return [*own_or_better, *(check for found in better.values() for check in found)]
