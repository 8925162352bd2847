"""What became of the rules of a DID, as far as Rucio remembers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datalake.rucio.client import named, page, speaking
from datalake.rucio.types import moment
from datalake.rucio.unreadable import each
from vre_portal.services import Service

MANY = 500


@dataclass(frozen=True)
class PastRule:
    """A rule as it was last seen, alive or gone."""

    id: str
    account: str
    state: str
    rse_expression: str
    created: datetime | None
    updated: datetime | None


def list_rule_history(lake: Service, token: str, scope: str, name: str) -> list[PastRule]:
    """All rules that there ever were on a DID, the newest first."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        found = list(each(page(client.list_replication_rule_full_history(scope, name), 0, MANY), _past))
    return sorted(found, key=lambda item: (item.created is not None, item.created), reverse=True)


def _past(row: dict[str, Any]) -> PastRule:
    return PastRule(
        str(row["rule_id"]),
        str(row.get("account") or ""),
        str(row.get("state") or ""),
        str(row.get("rse_expression") or ""),
        moment(row.get("created_at")),
        moment(row.get("updated_at")),
    )
