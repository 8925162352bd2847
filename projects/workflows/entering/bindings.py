"""To which data the inputs of a workflow are bound already, and which of that somebody may know."""

from collections.abc import Mapping
from typing import Any

from projects import audience
from projects.audience import Origin
from projects.workflows.models import Entry
from vre_portal.iam.models import User


def bindings_of(by: User, entry: Entry) -> dict[str, dict[str, str]]:
    """What the inputs are bound to already: by the current version, or the one that is copied; of restricted data only what the person may read."""
    base = entry.specification.current if entry.specification else entry.base
    return {path: dict(bound) for path, bound in (base.data if base else {}).items() if can_know(by, bound)}


def hidden_bindings(by: User, entry: Entry) -> dict[str, dict[str, str]]:
    """What inputs that are still named are bound to by the current version, and the person may not know: it stays as it is, unless replaced.

    A copy takes none of it along.
    """
    current = entry.specification.current if entry.specification else None
    named = entry.bindable if current else frozenset()
    return {path: dict(bound) for path, bound in (current.data if current else {}).items() if path in named and not can_know(by, bound)}


def can_know(by: Any, bound: Mapping[str, str]) -> bool:
    """Whether somebody may know to which file an input is bound."""
    return not bound.get("did") or audience.can_read(by, Origin.of_did(bound["lake"], bound["did"]))
