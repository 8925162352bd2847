"""Who may do what: the generic policy, and in addition what belongs to oneself or to one's group."""

from collections.abc import Callable
from typing import Any

from flask import has_request_context, request
from rucio.common.config import config_get_list
from rucio.common.exception import DataIdentifierNotFound, ReplicaNotFound, RequestNotFound
from rucio.common.types import InternalScope
from rucio.core.account import has_account_attribute
from rucio.core.did import get_did
from rucio.core.permission import generic
from rucio.core.replica import get_replica
from rucio.core.request import get_request_by_did
from rucio.core.rse import get_rse_protocols, list_rse_attributes
from rucio.core.rse_expression_parser import parse_expression
from rucio.core.rule import get_rule
from rucio.core.scope import is_scope_owner
from rucio.db.sqla.constants import ReplicaState

# What an owner may change about a rule of their own; its account, and locks that stop the cleaner, are an administrator's.
OWN_RULE_OPTIONS = {"lifetime", "comment", "activity", "priority", "purge_replicas", "cancel_requests", "state", "boost_rule"}
COPYING, AVAILABLE = ReplicaState.COPYING.value, ReplicaState.AVAILABLE.value  # as they stand in a request


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


def files_of_request() -> list[dict[str, Any]]:
    """The files of the REST request that is being answered, which Rucio does not tell a policy; none where they are no list of files."""
    body = request.get_json(silent=True, force=True)
    files = body.get("files") if isinstance(body, dict) else None
    return files if isinstance(files, list) and all(isinstance(item, dict) for item in files) else []


def made_by(scope: Any, name: Any, session: Any) -> Any:
    """The account that a DID belongs to; None where there is none."""
    try:
        return get_did(scope=scope, name=str(name), session=session)["account"]
    except DataIdentifierNotFound:
        return None


def add_replicas(issuer: Any, kwargs: dict[str, Any], session: Any) -> Any:
    """Rucio asks about the RSE only, and about the scope only for new files: look at the files of the request too.

    What is announced before its bytes are there ("copying", as Rucio's upload client does) must be something that its uploader can
    finish: their own file, at a storage that people can write to. Refused here, nothing is left behind.
    """
    if not has_request_context():
        return True
    files = files_of_request()
    if not files:
        return False
    if any(item.get("state") == COPYING for item in files) and not is_written_by_people(kwargs["rse_id"], session):
        return refused("People cannot write to this storage. Choose another one.")
    for item in files:
        scope = InternalScope(str(item.get("scope")), vo=issuer.vo)
        if not may_write(issuer, scope, session):
            return refused(f"You may not write to the scope {scope.external}.")
        if item.get("state") == COPYING and made_by(scope, item.get("name"), session) not in (None, issuer):
            return refused("Somebody else has a file of that name. Choose another name.")
    return True


def refused(words: str) -> Any:
    """A refusal that the person reads; Rucio has no word for it yet when it loads this module."""
    from rucio.core.permission import PermissionResult

    return PermissionResult(False, words)


def is_written_by_people(rse_id: Any, session: Any) -> bool:
    """Whether one of the storage's protocols takes what comes from elsewhere."""
    return any(protocol["domains"]["wan"]["write"] for protocol in get_rse_protocols(rse_id, session=session)["protocols"])


def update_replicas_states(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    """The end of an upload: what the account itself announced as being copied is there now. Nothing else about a replica is a person's."""
    if not has_request_context():
        return False
    files = files_of_request()
    return bool(files) and all(is_own_upload(issuer, item, kwargs["rse_id"], session) for item in files)


def is_own_upload(issuer: Any, item: dict[str, Any], rse_id: Any, session: Any) -> bool:
    """Whether it says that a file of the account's own, which waits for its uploader's bytes there, has come.

    What Rucio's own transfers are copying is told by them.
    """
    scope = InternalScope(str(item.get("scope")), vo=issuer.vo)
    if item.get("state") != AVAILABLE or not may_write(issuer, scope, session):
        return False
    if made_by(scope, item.get("name"), session) != issuer:
        return False
    try:
        replica = get_replica(rse_id=rse_id, scope=scope, name=str(item.get("name")), session=session)
    except ReplicaNotFound:
        return False
    return bool(replica["state"] == ReplicaState.COPYING) and not is_transferred(scope, item.get("name"), rse_id, session)


def is_transferred(scope: Any, name: Any, rse_id: Any, session: Any) -> bool:
    """Whether a transfer to that storage is under way."""
    try:
        get_request_by_did(scope, str(name), rse_id, session=session)
    except RequestNotFound:
        return False
    return True


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


def runs_the_lake(issuer: Any, kwargs: dict[str, Any], session: Any) -> bool:
    """Limits (and what is used of them), scopes and rules for others: whoever is in a group of administrators, without the other rights of Rucio's own administrators."""
    groups = config_get_list("lake-administrators", "groups", raise_exception=False, default=[])
    return any(has_account_attribute(issuer, group_attribute(group), session=session) for group in groups)


# Asked before the generic policy, which fails with a KeyError where it looks whether somebody may set a global limit.
ADMINISTRATION = {
    "set_local_account_limit",
    "set_global_account_limit",
    "delete_local_account_limit",
    "delete_global_account_limit",
    "get_local_account_usage",
    "get_global_account_usage",
    "add_scope",
    "add_rule",
}
ALLOWED: dict[str, Callable[[Any, dict[str, Any], Any], Any]] = {
    "add_did": add_did,
    "add_dids": add_dids,
    "attach_dids": in_writable_scope,
    "detach_dids": in_writable_scope,
    "attach_dids_to_dids": attach_dids_to_dids,
    "set_metadata": in_writable_scope,
    "set_metadata_bulk": in_writable_scope,
    "set_status": set_status,
    "add_replicas": add_replicas,
    "update_replicas_states": update_replicas_states,
    "list_requests": reads,
    "list_requests_history": reads,
    "get_request_metrics": reads,
    "del_rule": own_rule,
    "update_rule": update_rule,
    "approve_rule": approve_rule,
}


def has_permission(issuer: Any, action: str, kwargs: dict[str, Any], session: Any) -> Any:
    """Rucio's question; the generic answer comes first, so nobody loses what they would have elsewhere. A refusal may say why."""
    if action in ADMINISTRATION and runs_the_lake(issuer, kwargs, session):
        return True
    if generic.has_permission(issuer, action, kwargs, session):
        return True
    rule = ALLOWED.get(action)
    return rule(issuer, kwargs, session) if rule else False
