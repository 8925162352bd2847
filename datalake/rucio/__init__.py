"""All requests of the portal to Rucio: DIDs, replicas, rules, storage elements, metadata and uploads."""

from datalake.rucio.account_limits import LimitChange, add_scope, find_accounts, raise_account_limit
from datalake.rucio.bad_replicas import declare_suspicious, list_suspicious_rses
from datalake.rucio.content import list_readable_urls, open_copy, open_file
from datalake.rucio.dids import (
    MOST_IN_ORDER,
    get_did,
    list_content,
    list_content_page,
    list_dids,
    list_files,
    list_parents,
    list_scopes,
    require_did_if_non_ascii,
    whoami,
)
from datalake.rucio.dids_write import add_collection, attach, close_collection, detach, list_children
from datalake.rucio.metadata import delete_metadata_key, describe, set_metadata, set_metadata_value
from datalake.rucio.name_lookup import find_existing
from datalake.rucio.quota import AccountLimit, AccountUsage, Quota, get_quota, is_administrator, list_usage
from datalake.rucio.replica_check import is_lake_up, replica_exists
from datalake.rucio.replicas import FileCopies, TooManyFiles, list_copies, list_replicas, pairs_of, spool_file_names
from datalake.rucio.rses import get_rse, list_matching_rses, list_rses
from datalake.rucio.rule_history import RuleSnapshot, list_rule_history, list_rule_snapshots
from datalake.rucio.rule_search import RuleFilter, list_all_rules
from datalake.rucio.rules import (
    EnsuredRule,
    RuleSpec,
    approve_rule,
    boost_rule,
    change_rule,
    delete_rule,
    deny_rule,
    ensure_rule,
    get_rule,
    is_large,
    list_holding_rules,
    list_locks,
    list_locks_page,
    list_rules,
)
from datalake.rucio.subscriptions import Subscription, list_subscriptions
from datalake.rucio.transfers import TransferAttempts, TransferRequest, examine_rule, get_transfer_request
from datalake.rucio.types import Did, ListingPage, Lock, OwnedScope, Protocol, Replica, Rse, Rule
from datalake.rucio.uploads import upload_file

__all__ = [
    "MOST_IN_ORDER",
    "AccountLimit",
    "AccountUsage",
    "Did",
    "EnsuredRule",
    "FileCopies",
    "LimitChange",
    "ListingPage",
    "Lock",
    "OwnedScope",
    "Protocol",
    "Quota",
    "Replica",
    "Rse",
    "Rule",
    "RuleFilter",
    "RuleSnapshot",
    "RuleSpec",
    "Subscription",
    "TooManyFiles",
    "TransferAttempts",
    "TransferRequest",
    "add_collection",
    "add_scope",
    "approve_rule",
    "attach",
    "boost_rule",
    "change_rule",
    "close_collection",
    "declare_suspicious",
    "delete_metadata_key",
    "delete_rule",
    "deny_rule",
    "describe",
    "detach",
    "ensure_rule",
    "examine_rule",
    "find_accounts",
    "find_existing",
    "get_did",
    "get_quota",
    "get_rse",
    "get_rule",
    "get_transfer_request",
    "is_administrator",
    "is_lake_up",
    "is_large",
    "list_all_rules",
    "list_children",
    "list_content",
    "list_content_page",
    "list_copies",
    "list_dids",
    "list_files",
    "list_holding_rules",
    "list_locks",
    "list_locks_page",
    "list_matching_rses",
    "list_parents",
    "list_readable_urls",
    "list_replicas",
    "list_rses",
    "list_rule_history",
    "list_rule_snapshots",
    "list_rules",
    "list_scopes",
    "list_subscriptions",
    "list_suspicious_rses",
    "list_usage",
    "open_copy",
    "open_file",
    "pairs_of",
    "raise_account_limit",
    "replica_exists",
    "require_did_if_non_ascii",
    "set_metadata",
    "set_metadata_value",
    "spool_file_names",
    "upload_file",
    "whoami",
]
