"""Names of restricted data in the audit log are hidden from staff who may not read the data."""

from typing import Any

from django.utils.translation import gettext as _

from datalake.reads.scopes import Visitor, is_restricted, may_see
from vre_portal.audit import veils
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services


def without_restricted(reader: User, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts, with "restricted data" in place of each DID that the reader may not see."""
    visible = {key: _redacted(reader, value) for key, value in facts.items()}
    if "dataset" in visible and is_closed(reader, str(facts.get("scope", ""))):
        visible["dataset"] = withheld()
    return visible


def withheld() -> str:
    """What stands in place of restricted data."""
    return _("restricted data")


def is_closed(reader: User, scope: str) -> bool:
    """Whether the scope is restricted in one of the lakes, and not for this reader."""
    visitor = Visitor(has_account=True, groups=frozenset(reader.groups))
    return any(is_restricted(lake, scope) and not may_see(lake, scope, visitor) for lake in services(ServiceKind.RUCIO))


def _redacted(reader: User, value: Any) -> Any:
    if isinstance(value, list):
        return [_redacted(reader, item) for item in value]
    scope, colon, _ = value.partition(":") if isinstance(value, str) else ("", "", "")
    return withheld() if colon and is_closed(reader, scope) else value


veils.add(without_restricted)
