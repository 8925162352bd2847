"""Rules of a whole lake, newest first: Rucio lists them in no order and without a limit, so stretches of time are asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.rucio.client import LakeClient, open_client
from datalake.rucio.paging import MAX_ROWS, first_rows
from datalake.rucio.types import Rule, parse_rule
from datalake.rucio.unreadable import read_rows
from datalake.rucio.validation import validate_text, validate_token
from vre_portal.services import Service

PROBE_ROWS = 1000  # that one question may bring
FIRST_SPAN, SHORTEST_SPAN, SPAN_GROWTH = timedelta(days=7), timedelta(seconds=2), 4
BEGINNING = datetime(2008, 1, 1, tzinfo=UTC)  # before any rule
SECOND = timedelta(seconds=1)  # Rucio tells times without their fractions, and compares with them
STATE_LETTERS = {"OK": "O", "REPLICATING": "R", "STUCK": "S", "SUSPENDED": "U", "WAITING_APPROVAL": "W", "INJECT": "I"}


@dataclass(frozen=True)
class RuleFilter:
    """Which rules: empty is any."""

    account: str = ""
    state: str = ""
    scope: str = ""
    rse_expression: str = ""

    def query(self) -> dict[str, str]:
        """As Rucio takes it; a state that Rucio does not have is any."""
        values = {
            "account": self.account,
            "scope": self.scope,
            "rse_expression": self.rse_expression,
            "state": STATE_LETTERS.get(self.state, ""),
        }
        return {key: value for key, value in values.items() if value}


def list_all_rules(
    lake: Service, token: str, criteria: RuleFilter, *, before: tuple[datetime, str] | None = None, limit: int = 50
) -> list[Rule]:
    """The first `limit` rules that were made before (time, id), the newest first; fewer mean that there are no more."""
    validate_token(lake, *(word for word in (criteria.account, criteria.scope) if word))
    validate_text(lake, _("RSE expression"), criteria.rse_expression)
    with open_client(lake, token) as client:
        times = {} if before is None else {"created_before": _stamp(before[0] + SECOND)}
        rules, is_complete = _rules_within(client, criteria, times, PROBE_ROWS)
        if not is_complete:
            rules = list(_rules_by_spans(client, criteria, before, limit))
    older = (rule for rule in rules if rule.created and (before is None or _position(rule) < before))
    return sorted(older, key=_position, reverse=True)[:limit]


def _rules_by_spans(client: LakeClient, criteria: RuleFilter, before: tuple[datetime, str] | None, limit: int) -> Iterable[Rule]:
    """Week by week back from there, longer spans where there is little, shorter ones where there is too much."""
    end, span = before[0] if before else timezone.now() + timedelta(days=1), FIRST_SPAN
    by_id: dict[str, Rule] = {}  # the second in which two spans meet belongs to both
    while len(by_id) < limit and end > BEGINNING:
        begin = end - span
        times = {"created_after": _stamp(begin), "created_before": _stamp(end + SECOND)}
        rules, is_complete = _rules_within(client, criteria, times, PROBE_ROWS if span > SHORTEST_SPAN else MAX_ROWS)
        if not is_complete and span > SHORTEST_SPAN:
            span = max(span / 16, SHORTEST_SPAN)
            continue
        by_id |= {rule.id: rule for rule in rules if before is None or _position(rule) < before}
        end, span = begin, span * SPAN_GROWTH
    return by_id.values()


def _rules_within(client: LakeClient, criteria: RuleFilter, times: Mapping[str, str], limit: int) -> tuple[list[Rule], bool]:
    """At most `limit` rules, and whether these are all."""
    rows = first_rows(client.list_replication_rules({**criteria.query(), **times}), limit)
    return list(read_rows(rows, parse_rule)), len(rows) < limit


def _stamp(value: datetime) -> str:
    """Whole seconds, as Rucio writes them."""
    return value.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")


def _position(rule: Rule) -> tuple[datetime, str]:
    return rule.created or BEGINNING, rule.id
