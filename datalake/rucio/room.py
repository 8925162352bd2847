"""Whether something still fits at a storage element: what an account may keep there, and what the storage has left."""

from dataclasses import dataclass
from typing import Any

from datalake.rucio.client import LakeClient, page, plain, speaking
from datalake.rucio.dids import whoami
from datalake.rucio.limits import bound, is_administrator
from datalake.rucio.rses import measured
from datalake.rucio.unreadable import each
from vre_portal.services import Service

MANY = 2000


@dataclass(frozen=True)
class Bound:
    """A limit of an account: at one storage element, or at all together that an expression describes."""

    limit: int | None  # None: without bounds
    used: int = 0
    expression: str = ""  # of a limit over several storage elements

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)


@dataclass(frozen=True)
class Room:
    """What may still come to a storage element, as far as the lake tells."""

    rse: str
    bound: Bound  # the narrowest of the account's limits there
    free: int | None = None  # bytes that the storage has left; None where it does not tell
    writable: bool = True

    @property
    def left(self) -> int | None:
        """What the account may still add; None without bounds."""
        return self.bound.left


def room(lake: Service, token: str, rse: str) -> Room:
    """How much the token's account may add at a storage element now. As in Rucio's own rules, administrators have no limits."""
    account = whoami(lake, token)
    plain(lake, account, rse)
    free_of_limits = is_administrator(lake, token, account)
    with speaking(lake, token) as client:
        found = [Bound(None)] if free_of_limits else [_local(client, account, rse), *_global(client, account, rse)]
        used, total, _ = measured(page(client.get_rse_usage(rse), 0, MANY))
        writable = bool(client.get_rse(rse).get("availability_write", True))
    narrowest = min(found, key=lambda item: float("inf") if item.left is None else item.left)
    free = None if total is None or used is None else max(total - used, 0)
    return Room(rse, narrowest, free, writable)


def _local(client: LakeClient, account: str, rse: str) -> Bound:
    """No answer about a storage element means that nothing is allowed there."""
    rows = each(page(iter(client.get_local_account_usage(account, rse)), 0, MANY), lambda item: (str(item["rse"]), item))
    row: dict[str, Any] = dict(rows).get(rse, {})
    return Bound(bound(row.get("bytes_limit")), int(row.get("bytes") or 0))


def _global(client: LakeClient, account: str, rse: str) -> list[Bound]:
    """Limits over several storage elements, this one among them."""
    limits = dict(client.get_global_account_limits(account))
    here = {str(expression): item for expression, item in limits.items() if rse in item["resolved_rses"]}
    if not here:
        return []
    rows = page(iter(client.get_global_account_usage(account)), 0, MANY)
    used = dict(each(rows, lambda item: (str(item["rse_expression"]), int(item["bytes"] or 0))))
    return [Bound(bound(item["limit"]), used.get(expression, 0), expression) for expression, item in here.items()]
