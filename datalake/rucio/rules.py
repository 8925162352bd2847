"""Replication rules: what is asked for, how far it is, what holds it up."""

from datalake.rucio.client import named, page, plain, speaking, stretch
from datalake.rucio.types import Lock, Rule, Stretch, rule
from datalake.rucio.unreadable import each
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

MANY = 1000
# Rucio names the storage element of each lock, and looks for the transfers of each stuck one, one by one and before it says anything: of
# rules that hold more, it would still be at it long after the page has come.
MANY_LOCKS = 2000


def list_rules(lake: Service, token: str, scope: str, name: str, *, limit: int = MANY) -> list[Rule]:
    """The rules on a DID, the oldest first."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        found = list(each(page(client.list_did_rules(scope, name), 0, limit), rule))
    return sorted(found, key=lambda item: (item.created is None, item.created, item.id))


def get_rule(lake: Service, token: str, rule_id: str) -> Rule:
    """One rule as it stands now."""
    identified(lake, rule_id)
    with speaking(lake, token) as client:
        return rule(client.get_replication_rule(rule_id))


def list_locks(lake: Service, token: str, rule_id: str, *, limit: int = MANY) -> list[Lock]:
    """What a rule holds, file by file."""
    return list(locks_from(lake, token, rule_id, 0, limit).rows)


def locks_from(lake: Service, token: str, rule_id: str, begin: int, count: int) -> Stretch[Lock]:
    """A page of the same, from a place on."""
    identified(lake, rule_id)
    with speaking(lake, token) as client:
        client.skip = begin
        return stretch(
            client.list_replica_locks(rule_id),
            count,
            lambda row: Lock(str(row["scope"]), str(row["name"]), str(row["rse"]), str(row["state"]), rule_id),
        )


def is_large(rule: Rule) -> bool:
    """Whether Rucio cannot list what the rule holds while a page waits."""
    return rule.locks_ok + rule.locks_replicating + rule.locks_stuck > MANY_LOCKS


def identified(lake: Service, rule_id: str) -> None:
    """Rucio answers a malformed id with "internal error": say what it is before asking."""
    plain(lake, rule_id)
    if len(rule_id) != 32 or set(rule_id.lower()) - set("0123456789abcdef"):
        raise RemoteRefused("There is no such rule.", service=lake, status=404, code="RuleNotFound")
