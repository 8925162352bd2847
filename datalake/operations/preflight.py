"""What a request for copies would add at each storage element, and whether there is space for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.reads.pending import PendingRead
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import may_see
from datalake.rucio.types import COLLECTIONS

MAX_CHECKED = 40  # DIDs that are asked for one by one


@dataclass(frozen=True)
class PreflightItem:
    """One DID of the wish."""

    scope: str
    name: str
    did: rucio.Did | None = None
    missing: bool = False
    there: tuple[tuple[str, int], ...] = ()  # bytes that are at a storage element already
    rule: str = ""  # the same wish, made before

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"

    def added(self, rse: str) -> int | None:
        """Bytes that would come to a storage element; None where the size is not known."""
        if self.did is None or self.did.bytes is None:
            return None
        return max(self.did.bytes - dict(self.there).get(rse, 0), 0)


@dataclass(frozen=True)
class PreflightSite:
    """One storage element that the wish may mean."""

    rse: str
    site: str
    writable: bool
    free: int | None
    usage: rucio.AccountUsage | None
    added: int
    sure: bool = True  # whether all sizes are known

    @property
    def left(self) -> int | None:
        """The bytes that the account may still add; None without a limit or where it is unknown."""
        return self.usage.left if self.usage else None

    @property
    def problem(self) -> str:
        """Why Rucio would refuse the data, as far as is known; empty where it would not."""
        if not self.writable:
            return _("writing is disabled")
        if self.left is not None and self.added > self.left:
            return _("exceeds your quota")
        return _("not enough free space") if self.free is not None and self.added > self.free else ""


def check_items(reader: LakeReader, dids: list[list[str]], expression: str, copies: int) -> list[PreflightItem]:
    """What is known about each DID; of a long list, about the first."""
    account = reader.fetch(rucio.whoami)
    reads = [
        (scope, name, reader.fetch_optional(rucio.get_did, scope, name), reader.fetch_optional(rucio.list_rules, scope, name))
        for scope, name in dids[:MAX_CHECKED]
    ]
    reads_with_copies = [(scope, name, facts, rules, _copies(reader, scope, name, facts)) for scope, name, facts, rules in reads]
    who = account.result.value or ""
    results = [_item(scope, name, facts, rules, there, (who, expression, copies)) for scope, name, facts, rules, there in reads_with_copies]
    results = [
        item if may_see(reader.lake, item.scope, reader.visitor) else PreflightItem(item.scope, item.name, missing=True) for item in results
    ]
    return [*results, *(PreflightItem(scope, name) for scope, name in dids[MAX_CHECKED:])]


def _copies(reader: LakeReader, scope: str, name: str, facts: PendingRead[rucio.Did]) -> PendingRead[list[rucio.Replica]] | None:
    did = facts.result.value
    return reader.fetch_optional(rucio.list_replicas, scope, name, type=did.type) if did is not None and did.type != "CONTAINER" else None


def _item(
    scope: str, name: str, facts: PendingRead[rucio.Did], rules: PendingRead[list[rucio.Rule]], there: Any, wish: tuple[str, str, int]
) -> PreflightItem:
    answer = facts.result
    missing = getattr(answer.error, "status", 0) == 404
    same = next((item.id for item in rules.result.value or () if (item.account, item.rse_expression, item.copies) == wish), "")
    copies = there.result.value or () if there is not None else ()
    return PreflightItem(scope, name, answer.value, missing, tuple((item.rse, _bytes(item)) for item in copies), same)


def _bytes(copy: rucio.Replica) -> int:
    """What of it is really there."""
    if copy.length is not None or copy.available_bytes is not None:
        return copy.available_bytes or 0
    return (copy.bytes or 0) if copy.state == "AVAILABLE" else 0


def check_sites(
    targets: Iterable[str], rses: dict[str, rucio.Rse], usage: dict[str, rucio.AccountUsage], wanted: list[PreflightItem]
) -> list[PreflightSite]:
    """Each storage element with what would come to it if it were chosen."""
    sites = []
    new = [item for item in wanted if not item.missing and not item.rule]
    for name in targets:
        rse, added = rses.get(name), [item.added(name) for item in new]
        free = max(rse.total - rse.used, 0) if rse and rse.total is not None and rse.used is not None else None
        mine = usage.get(name, rucio.AccountUsage(name, limit=0)) if usage else None
        total = sum(item for item in added if item is not None)
        sites.append(PreflightSite(name, rse.site if rse else "", rse.writable if rse else True, free, mine, total, sure=None not in added))
    return sites


def has_containers(wanted: list[PreflightItem]) -> bool:
    """Whether sizes of containers are in it, of which it is not known how much is where."""
    return any(item.did is not None and item.did.type == COLLECTIONS[1] for item in wanted)
