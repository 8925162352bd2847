"""Replication rules: read, made, changed. Each call can be repeated after a lost answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.rucio.client import ignore_codes, open_client
from datalake.rucio.dids import require_did_if_non_ascii, whoami
from datalake.rucio.paging import read_list, read_page
from datalake.rucio.types import ListingPage, Lock, Rule, parse_rule
from datalake.rucio.validation import validate_did, validate_rule_id, validate_text, validate_token
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

MAX_RULES, MAX_LOCKS, MAX_HOLDING_RULES = 1000, 1000, 200
# Rucio names the storage element of each lock, and looks for the transfers of each stuck one, one by one and before it says anything: of
# rules that hold more, it would still be at it long after the page has come.
MAX_LISTED_LOCKS = 2000
MAX_COMMENT_CHARS = 255  # that Rucio's column holds
SAME_END_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True)
class RuleSpec:
    """What a rule shall say: how many copies, where, for how long."""

    rse_expression: str
    copies: int = 1
    lifetime: int | None = None  # seconds; None is for good
    grouping: str = "DATASET"
    comment: str = ""
    activity: str = "User Subscriptions"  # untranslated: the name of an activity in Rucio
    ask_approval: bool = False


@dataclass(frozen=True)
class EnsuredRule:
    """A rule's id, and whether it existed before or was only prolonged."""

    id: str
    existed: bool = False
    prolonged: bool = False
    created: datetime | None = None


def list_rules(lake: Service, token: str, scope: str, name: str, *, limit: int = MAX_RULES) -> list[Rule]:
    """The rules on a DID, the oldest first."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        rules = read_list(client.list_did_rules(scope, name), limit, parse_rule)
    return sorted(rules, key=lambda rule: (rule.created is None, rule.created, rule.id))


def list_holding_rules(lake: Service, token: str, scope: str, name: str, *, limit: int = MAX_HOLDING_RULES) -> list[Rule]:
    """The rules that hold a file: its own, and those of the collections that it is in."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        return read_list(client.list_associated_rules_for_file(scope, name), limit, parse_rule)


def get_rule(lake: Service, token: str, rule_id: str) -> Rule:
    """One rule as it stands now; raises RemoteRefused with status 404 where it is gone."""
    validate_rule_id(lake, rule_id)
    with open_client(lake, token) as client:
        return parse_rule(client.get_replication_rule(rule_id))


def list_locks(lake: Service, token: str, rule_id: str, *, limit: int = MAX_LOCKS) -> list[Lock]:
    """What a rule holds, file by file, in Rucio's order."""
    return list(list_locks_page(lake, token, rule_id, 0, limit).rows)


def list_locks_page(lake: Service, token: str, rule_id: str, offset: int, limit: int) -> ListingPage[Lock]:
    """A page of the same."""
    validate_rule_id(lake, rule_id)
    with open_client(lake, token) as client:
        client.skip = offset
        return read_page(
            client.list_replica_locks(rule_id),
            limit,
            lambda row: Lock(str(row["scope"]), str(row["name"]), str(row["rse"]), str(row["state"]), rule_id),
        )


def is_large(rule: Rule) -> bool:
    """Whether Rucio cannot list what the rule holds while a page waits."""
    return rule.locks_ok + rule.locks_replicating + rule.locks_stuck > MAX_LISTED_LOCKS


def ensure_rule(lake: Service, token: str, scope: str, name: str, spec: RuleSpec, *, account: str = "") -> EnsuredRule:
    """One rule on one DID, also where there was such a rule that was about to expire. An existing rule gets a later end, never an earlier one.

    The rule is the token's own account's, unless another one is named, which takes an administrator's rights.
    """
    validate_text(lake, _("RSE expression"), spec.rse_expression)
    validate_text(lake, _("Comment"), spec.comment, max_chars=MAX_COMMENT_CHARS)
    require_did_if_non_ascii(lake, token, scope, name)
    account = account or whoami(lake, token)
    validate_token(lake, account)
    existing = _same_rule(list_rules(lake, token, scope, name), account, spec)
    if existing is None:
        try:
            return EnsuredRule(_add_rule(lake, token, scope, name, account, spec))
        except RemoteRefused as error:  # somebody else was faster
            existing = _same_rule(list_rules(lake, token, scope, name), account, spec) if error.code == "DuplicateRule" else None
            if existing is None:
                raise
    end = None if spec.lifetime is None else timezone.now() + timedelta(seconds=spec.lifetime)
    if existing.expires is None or (end is not None and end <= existing.expires + SAME_END_WITHIN):
        return EnsuredRule(existing.id, existed=True, created=existing.created)
    change_rule(lake, token, existing.id, {"lifetime": spec.lifetime})
    return EnsuredRule(existing.id, existed=True, prolonged=True, created=existing.created)


def _same_rule(rules: list[Rule], account: str, spec: RuleSpec) -> Rule | None:
    """The rule that Rucio takes for the same one."""
    wanted = (account, spec.rse_expression, spec.copies)
    return next((rule for rule in rules if (rule.account, rule.rse_expression, rule.copies) == wanted), None)


def _add_rule(lake: Service, token: str, scope: str, name: str, account: str, spec: RuleSpec) -> str:
    with open_client(lake, token) as client:
        rule_ids = client.add_replication_rule(
            [{"scope": scope, "name": name}],
            spec.copies,
            spec.rse_expression,
            lifetime=spec.lifetime,
            grouping=spec.grouping,
            account=account,
            activity=spec.activity,
            comment=spec.comment or None,
            ask_approval=spec.ask_approval,
        )
        return str(rule_ids[0])


def change_rule(lake: Service, token: str, rule_id: str, options: Mapping[str, Any]) -> None:
    """Give a rule another lifetime (from now, in seconds), priority or comment."""
    validate_rule_id(lake, rule_id)
    validate_text(lake, _("Value"), options)
    with open_client(lake, token) as client:
        client.update_replication_rule(rule_id, dict(options))


def boost_rule(lake: Service, token: str, rule_id: str) -> None:
    """Let a stuck rule be looked at now: Rucio's own pause between two attempts grows to hours."""
    change_rule(lake, token, rule_id, {"boost_rule": True})


def approve_rule(lake: Service, token: str, rule_id: str) -> bool:
    """Approve a rule that waits for it; returns False where it does not wait any more."""
    if get_rule(lake, token, rule_id).state != "WAITING_APPROVAL":
        return False
    with open_client(lake, token) as client:
        client.approve_replication_rule(rule_id)
    return True


def deny_rule(lake: Service, token: str, rule_id: str, reason: str) -> bool:
    """Deny a rule that waits for approval: Rucio deletes it and tells its owner why. Returns False where it is gone already."""
    validate_rule_id(lake, rule_id)
    validate_text(lake, _("Reason"), reason, max_chars=MAX_COMMENT_CHARS)
    with ignore_codes("RuleNotFound"), open_client(lake, token) as client:
        client.deny_replication_rule(rule_id, reason=reason or None)
        return True
    return False


def delete_rule(lake: Service, token: str, rule_id: str) -> None:
    """Let a rule end, if it is still there. Rucio keeps it for an hour, in which `ensure_rule` brings it back."""
    validate_rule_id(lake, rule_id)
    with ignore_codes("RuleNotFound"), open_client(lake, token) as client:
        client.delete_replication_rule(rule_id)
