"""The portal's only door to Rucio: what the lake holds, where its copies are, and how something is added to it."""

from datalake.rucio.content import open_copy, open_file, readable
from datalake.rucio.dids import get_did, get_metadata, list_content, list_dids, list_files, list_parents, list_scopes, whoami
from datalake.rucio.replicas import list_replicas
from datalake.rucio.rses import get_rse, list_rses
from datalake.rucio.rules import get_rule, list_locks, list_rules
from datalake.rucio.ruling import Made, Wish, approve, ask_rule, change_rule, deny, try_again
from datalake.rucio.types import Did, Lock, Protocol, Replica, Rse, Rule, Scope
from datalake.rucio.uploads import upload_file
from datalake.rucio.writing import add_dataset, add_rule, attach, close, delete_rule, set_metadata

__all__ = [
    "Did",
    "Lock",
    "Made",
    "Protocol",
    "Replica",
    "Rse",
    "Rule",
    "Scope",
    "Wish",
    "add_dataset",
    "add_rule",
    "approve",
    "ask_rule",
    "attach",
    "change_rule",
    "close",
    "delete_rule",
    "deny",
    "get_did",
    "get_metadata",
    "get_rse",
    "get_rule",
    "list_content",
    "list_dids",
    "list_files",
    "list_locks",
    "list_parents",
    "list_replicas",
    "list_rses",
    "list_rules",
    "list_scopes",
    "open_copy",
    "open_file",
    "readable",
    "set_metadata",
    "try_again",
    "upload_file",
    "whoami",
]
