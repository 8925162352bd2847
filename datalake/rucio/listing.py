"""Rules of a whole lake, newest first: Rucio lists them in no order and without a limit, so stretches of time are asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from datalake.rucio.client import MOST, LakeClient, named, page, plain, sendable, speaking
from datalake.rucio.rules import identified
from datalake.rucio.types import Rule, moment, rule
from datalake.rucio.unreadable import each
from vre_portal.services import Service

PROBE = 1000  # rows that one question may bring
FIRST, SHORTEST, GROWTH, BEGINNING = timedelta(days=7), timedelta(seconds=2), 4, datetime(2008, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)  # Rucio tells times without their fractions, and compares with them
LETTERS = {"OK": "O", "REPLICATING": "R", "STUCK": "S", "SUSPENDED": "U", "WAITING_APPROVAL": "W", "INJECT": "I"}


@dataclass(frozen=True)
class Filter:
    """Which rules: empty is any."""

    account: str = ""
    state: str = ""
    scope: str = ""
    rse_expression: str = ""

    def query(self) -> dict[str, str]:
        """As Rucio takes it."""
        asked = {"account": self.account, "scope": self.scope, "rse_expression": self.rse_expression}
        return {
            **{key: value for key, value in asked.items() if value},
            **({"state": LETTERS[self.state]} if self.state in LETTERS else {}),
        }


def list_all_rules(lake: Service, token: str, wanted: Filter, *, before: tuple[datetime, str] | None = None, limit: int = 50) -> list[Rule]:
    """The first `limit` rules that were made before (time, id), the newest first; fewer mean that there are no more."""
    plain(lake, *(word for word in (wanted.account, wanted.scope) if word))
    sendable(lake, "An RSE expression", wanted.rse_expression)
    with speaking(lake, token) as client:
        found, complete = _some(client, wanted, {} if before is None else {"created_before": _stamp(before[0] + SECOND)}, PROBE)
        if not complete:
            found = list(_stretches(client, wanted, before, limit))
    older = (item for item in found if item.created and (before is None or _place(item) < before))
    return sorted(older, key=_place, reverse=True)[:limit]


def _stretches(client: LakeClient, wanted: Filter, before: tuple[datetime, str] | None, limit: int) -> Iterable[Rule]:
    """Week by week back from there, longer stretches where little is found, shorter ones where there is too much."""
    end, span = before[0] if before else timezone.now() + timedelta(days=1), FIRST
    found: dict[str, Rule] = {}  # the second in which two stretches meet belongs to both
    while len(found) < limit and end > BEGINNING:
        begin = end - span
        rows, complete = _some(
            client, wanted, {"created_after": _stamp(begin), "created_before": _stamp(end + SECOND)}, PROBE if span > SHORTEST else MOST
        )
        if not complete and span > SHORTEST:
            span = max(span / 16, SHORTEST)
            continue
        found |= {item.id: item for item in rows if before is None or _place(item) < before}
        end, span = begin, span * GROWTH
    return found.values()


def _some(client: LakeClient, wanted: Filter, times: Mapping[str, str], most: int) -> tuple[list[Rule], bool]:
    """At most so many rules, and whether these are all."""
    rows = page(iter(client.list_replication_rules({**wanted.query(), **times})), 0, most)
    return list(each(rows, rule)), len(rows) < most


def _stamp(value: datetime) -> str:
    """Whole seconds, as Rucio writes them."""
    return value.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")


def _place(item: Rule) -> tuple[datetime, str]:
    return item.created or BEGINNING, item.id


@dataclass(frozen=True)
class Change:
    """What a rule was at one moment."""

    at: datetime | None
    state: str
    locks_ok: int
    locks_replicating: int
    locks_stuck: int


def list_changes(lake: Service, token: str, rule_id: str, scope: str, name: str, *, limit: int = 200) -> list[Change]:
    """How a rule came to be as it is, the latest first, as far as Rucio keeps it."""
    identified(lake, rule_id)
    named(lake, scope, name)
    with speaking(lake, token) as client:
        rows = page(client.list_replication_rule_full_history(scope, name), 0, 5000)
        found = [change for rule, change in each(rows, lambda row: (str(row.get("rule_id")), _change(row))) if rule == rule_id]
    kept = [item for number, item in enumerate(found) if number == 0 or item != found[number - 1]]
    return kept[::-1][:limit]


def _change(row: Mapping[str, Any]) -> Change:
    counts = [int(row.get(f"locks_{state}_cnt") or 0) for state in ("ok", "replicating", "stuck")]
    return Change(moment(row.get("updated_at")), str(row.get("state") or ""), *counts)


def list_holding_rules(lake: Service, token: str, scope: str, name: str, *, limit: int = 200) -> list[Rule]:
    """The rules that hold a file: its own, and those of the collections that it is in."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        return list(each(page(iter(client.list_associated_rules_for_file(scope, name)), 0, limit), rule))
