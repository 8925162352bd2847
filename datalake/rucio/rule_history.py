"""The past of rules, as far as Rucio remembers it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datalake.rucio.client import open_client
from datalake.rucio.paging import read_list
from datalake.rucio.types import parse_time
from datalake.rucio.validation import validate_did, validate_rule_id
from vre_portal.services import Service

MAX_PAST_RULES, MAX_SNAPSHOT_ROWS, MAX_SNAPSHOTS = 500, 5000, 200


@dataclass(frozen=True)
class PastRule:
    """A rule as it was last seen, alive or gone."""

    id: str
    account: str
    state: str
    rse_expression: str
    created: datetime | None
    updated: datetime | None


@dataclass(frozen=True)
class RuleSnapshot:
    """What a rule was at one moment."""

    at: datetime | None
    state: str
    locks_ok: int
    locks_replicating: int
    locks_stuck: int


def list_rule_history(lake: Service, token: str, scope: str, name: str) -> list[PastRule]:
    """All rules that there ever were on a DID, the newest first."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        rules = read_list(client.list_replication_rule_full_history(scope, name), MAX_PAST_RULES, _past_rule)
    return sorted(rules, key=lambda rule: (rule.created is not None, rule.created), reverse=True)


def list_rule_snapshots(lake: Service, token: str, rule_id: str, scope: str, name: str) -> list[RuleSnapshot]:
    """How a rule came to be as it is, the latest first, without repetitions."""
    validate_rule_id(lake, rule_id)
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        rows = client.list_replication_rule_full_history(scope, name)
        pairs = read_list(rows, MAX_SNAPSHOT_ROWS, lambda row: (str(row.get("rule_id")), _snapshot(row)))
    own = [snapshot for owner, snapshot in pairs if owner == rule_id]
    return [item for number, item in enumerate(own) if not number or item != own[number - 1]][::-1][:MAX_SNAPSHOTS]


def _past_rule(row: dict[str, Any]) -> PastRule:
    return PastRule(
        str(row["rule_id"]),
        str(row.get("account") or ""),
        str(row.get("state") or ""),
        str(row.get("rse_expression") or ""),
        parse_time(row.get("created_at")),
        parse_time(row.get("updated_at")),
    )


def _snapshot(row: dict[str, Any]) -> RuleSnapshot:
    counts = [int(row.get(f"locks_{state}_cnt") or 0) for state in ("ok", "replicating", "stuck")]
    return RuleSnapshot(parse_time(row.get("updated_at")), str(row.get("state") or ""), *counts)
