"""Who may do what: the generic policy, and in addition what belongs to oneself or to one's group."""

from collections.abc import Callable
from typing import Any

from flask import has_request_context, request
from rucio.common.config import config_get_list
from rucio.core.account import has_account_attribute
from rucio.core.permission import generic
from rucio.core.rse import list_rse_attributes
from rucio.core.rse_expression_parser import parse_expression
from rucio.core.rule import get_rule
from rucio.core.scope import is_scope_owner

# What an owner may change about a rule of their own; its account, and locks that stop the cleaner, are an administrator's.
OWN_RULE_OPTIONS = {"lifetime", "comment", "activity", "priority", "purge_replicas", "cancel_requests", "state", "boost_rule"}


def group_attribute(group: str) -> str:
    """The account attribute that says "member of this IAM group" ("." for "/", which an attribute's address cannot carry)."""
    return "group-" + group.replace("/", ".")


def may_write(issuer: Any, scope: Any, session: Any) -> bool:
    """Whether the scope is the account's own, or open to a group that it is in."""
    if generic.perm_default(issuer, {}, session) or is_scope_owner(scope=scope, account=issuer, session=session):
        return True
    groups = config_get_list("scope-writers", scope.external.lower(), raise_exception=False, default=[])
    return any(has_account_attribute(issuer, group_attribute(group), session=session) for group in groups)


def in_writable_scope(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    return may_write(issuer, kwargs["scope"], session)


def add_did(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    own_rules = all(rule["account"] == issuer for rule in kwargs.get("rules") or [])
    return own_rules and may_write(issuer, kwargs["scope"], session)


def add_dids(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    return all(add_did(issuer, did, session) for did in kwargs["dids"])


def attach_dids_to_dids(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    return all(may_write(issuer, scope, session) for scope in {item["scope"] for item in kwargs["attachments"]})


def set_status(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    """Close; opening again stays an administrator's, for a closed dataset is a promise."""
    return not kwargs.get("open", False) and may_write(issuer, kwargs["scope"], session)


def add_replicas(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    """Rucio asks about the RSE only, and about the scope only for new files: look at the files of the request too."""
    from rucio.common.types import InternalScope

    if not has_request_context():
        return True
    body = request.get_json(silent=True, force=True)
    files = body.get("files") if isinstance(body, dict) else None
    if not files:
        return False
    scopes = {str(item.get("scope")) for item in files}
    return all(may_write(issuer, InternalScope(scope, vo=issuer.vo), session) for scope in scopes)


def own_rule(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    return bool(get_rule(kwargs["rule_id"], session=session)["account"] == issuer)


def update_rule(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    return set(kwargs.get("options") or {}) <= OWN_RULE_OPTIONS and own_rule(issuer, kwargs, session)


def approve_rule(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    """Whoever is named as approver at each storage element that the rule may go to; never for a rule of one's own."""
    wanted = get_rule(kwargs["rule_id"], session=session)
    if wanted["account"] == issuer:
        return False
    named = [
        str(list_rse_attributes(rse_id=rse["id"], session=session).get("rule_approvers") or "").split(",")
        for rse in parse_expression(wanted["rse_expression"], filter_={"vo": issuer.vo}, session=session)
    ]
    return bool(named) and all(issuer.external in approvers for approvers in named)


def reads(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    """How transfers go is for everybody with an account: who waits for a copy wants to know what holds it up."""
    return True


ALLOWED: dict[str, Callable[[Any, dict[str, Any], Any], bool]] = {
    "add_did": add_did,
    "add_dids": add_dids,
    "attach_dids": in_writable_scope,
    "detach_dids": in_writable_scope,
    "attach_dids_to_dids": attach_dids_to_dids,
    "set_metadata": in_writable_scope,
    "set_metadata_bulk": in_writable_scope,
    "set_status": set_status,
    "add_replicas": add_replicas,
    "list_requests": reads,
    "list_requests_history": reads,
    "get_request_metrics": reads,
    "del_rule": own_rule,
    "update_rule": update_rule,
    "approve_rule": approve_rule,
}


def has_permission(issuer: Any, action: str, kwargs: dict[str, Any], session: Any) -> bool:
    """Rucio's question; the generic answer comes first, so nobody loses what they would have elsewhere."""
    if generic.has_permission(issuer, action, kwargs, session):
        return True
    rule = ALLOWED.get(action)
    return rule is not None and rule(issuer, kwargs, session)
