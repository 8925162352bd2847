"""Data of restricted scopes in the audit record: its readers are staff, who may not read all data."""

from typing import Any

from datalake.scopes import Visitor, is_restricted, may_see
from vre_portal.audit import veils
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services

WITHHELD = "restricted data"


def without_restricted(reader: User, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with words in place of each "scope:name", and each dataset beside its scope, that the reader may not know."""
    found = {key: _told(reader, value) for key, value in facts.items()}
    if "dataset" in found and is_closed(reader, str(facts.get("scope", ""))):
        found["dataset"] = WITHHELD
    return found


def is_closed(reader: User, scope: str) -> bool:
    """Whether the scope is restricted in one of the lakes, and not for this reader."""
    visitor = Visitor(has_account=True, groups=frozenset(reader.groups))
    return any(is_restricted(lake, scope) and not may_see(lake, scope, visitor) for lake in services(ServiceKind.RUCIO))


def _told(reader: User, value: Any) -> Any:
    if isinstance(value, list):
        return [_told(reader, item) for item in value]
    scope, colon, _ = value.partition(":") if isinstance(value, str) else ("", "", "")
    return WITHHELD if colon and is_closed(reader, scope) else value


veils.add(without_restricted)
