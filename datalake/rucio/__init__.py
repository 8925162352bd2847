"""The portal's only door to Rucio: what the lake holds, where its copies are, and how something is added to it."""

from datalake.rucio.collections import add_collection, attach_one, attach_some, detach_some, inside
from datalake.rucio.content import open_copy, open_file, readable
from datalake.rucio.dids import content_from, get_did, get_metadata, list_content, list_dids, list_files, list_parents, list_scopes, whoami
from datalake.rucio.limits import Usage, is_administrator, list_usage
from datalake.rucio.listing import Change, Filter, list_all_rules, list_changes, list_holding_rules
from datalake.rucio.probing import is_there, is_up, suspicious_at
from datalake.rucio.replicas import list_replicas
from datalake.rucio.requests import Request, Trial, examine, get_request
from datalake.rucio.room import Bound, Room, room
from datalake.rucio.rses import get_rse, list_rses, matching
from datalake.rucio.rules import get_rule, is_large, list_locks, list_rules, locks_from
from datalake.rucio.ruling import Made, Wish, approve, ask_rule, change_rule, deny, tellable, try_again
from datalake.rucio.subscriptions import Subscription, list_subscriptions
from datalake.rucio.types import Did, Lock, Protocol, Replica, Rse, Rule, Scope, Stretch
from datalake.rucio.uploads import upload_file
from datalake.rucio.writing import add_dataset, add_rule, attach, close, delete_rule, set_metadata

__all__ = [
    "Bound",
    "Change",
    "Did",
    "Filter",
    "Lock",
    "Made",
    "Protocol",
    "Replica",
    "Request",
    "Room",
    "Rse",
    "Rule",
    "Scope",
    "Stretch",
    "Subscription",
    "Trial",
    "Usage",
    "Wish",
    "add_collection",
    "add_dataset",
    "add_rule",
    "approve",
    "ask_rule",
    "attach",
    "attach_one",
    "attach_some",
    "change_rule",
    "close",
    "content_from",
    "delete_rule",
    "deny",
    "detach_some",
    "examine",
    "get_did",
    "get_metadata",
    "get_request",
    "get_rse",
    "get_rule",
    "inside",
    "is_administrator",
    "is_large",
    "is_there",
    "is_up",
    "list_all_rules",
    "list_changes",
    "list_content",
    "list_dids",
    "list_files",
    "list_holding_rules",
    "list_locks",
    "list_parents",
    "list_replicas",
    "list_rses",
    "list_rules",
    "list_scopes",
    "list_subscriptions",
    "list_usage",
    "locks_from",
    "matching",
    "open_copy",
    "open_file",
    "readable",
    "room",
    "set_metadata",
    "suspicious_at",
    "tellable",
    "try_again",
    "upload_file",
    "whoami",
]
