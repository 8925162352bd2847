"""Quotas: how much an account may keep where, how much it keeps, and what a storage has left."""

from dataclasses import dataclass
from typing import Any

from datalake.rucio.client import LakeClient, open_client
from datalake.rucio.dids import whoami
from datalake.rucio.paging import first_rows, read_list
from datalake.rucio.rses import read_usage
from datalake.rucio.types import parse_int
from datalake.rucio.unreadable import read_rows
from datalake.rucio.validation import validate_token
from vre_portal.services import Service

MAX_ROWS = 2000


@dataclass(frozen=True)
class AccountLimit:
    """A limit of an account in bytes: at one storage element, or at all together that an expression describes."""

    limit: int | None  # None: without bounds
    used: int = 0
    expression: str = ""  # of a limit over several storage elements

    @property
    def left(self) -> int | None:
        """Bytes that may still be added; None without bounds."""
        return None if self.limit is None else max(self.limit - self.used, 0)


@dataclass(frozen=True)
class AccountUsage:
    """An account's bytes at one storage element. No limit there is a limit of 0, which Rucio takes for "nothing allowed"."""

    rse: str
    used: int = 0
    files: int = 0
    limit: int | None = None  # None: without bounds

    @property
    def left(self) -> int | None:
        """Bytes that may still be added; None without bounds."""
        return AccountLimit(self.limit, self.used).left


@dataclass(frozen=True)
class Quota:
    """What may still come to a storage element, as far as the lake tells."""

    rse: str
    limit: AccountLimit  # the narrowest of the account's limits there
    free: int | None = None  # bytes that the storage has left; None where it does not tell
    writable: bool = True

    @property
    def left(self) -> int | None:
        """Bytes that the account may still add; None without bounds."""
        return self.limit.left


def list_usage(lake: Service, token: str, account: str | None = None) -> list[AccountUsage]:
    """Where an account has something or may have something: one's own, unless Rucio tells more."""
    name = account or whoami(lake, token)
    validate_token(lake, name)
    with open_client(lake, token) as client:
        limit_items = dict(next(client.fetch(f"accounts/{name}/limits/local"))).items()
        limits = dict(read_rows(limit_items, lambda item: (str(item[0]), parse_limit(item[1]))))
        rows = client.get_local_account_usage(name)
        used = dict(
            read_list(rows, MAX_ROWS, lambda row: (str(row["rse"]), (parse_int(row.get("bytes")) or 0, parse_int(row.get("files")) or 0)))
        )
    return [AccountUsage(rse, *used.get(rse, (0, 0)), limit=limits.get(rse, 0)) for rse in sorted({*limits, *used})]


def get_quota(lake: Service, token: str, rse: str) -> Quota:
    """How much the token's account may add at a storage element now. As in Rucio's own rules, administrators have no limits."""
    account = whoami(lake, token)
    validate_token(lake, account, rse)
    is_unlimited = is_administrator(lake, token, account)
    with open_client(lake, token) as client:
        limits = [AccountLimit(None)] if is_unlimited else [_local_limit(client, account, rse), *_global_limits(client, account, rse)]
        used, total, _ = read_usage(first_rows(client.get_rse_usage(rse), MAX_ROWS))
        writable = bool(client.get_rse(rse).get("availability_write", True))
    narrowest = min(limits, key=lambda limit: float("inf") if limit.left is None else limit.left)
    free = None if total is None or used is None else max(total - used, 0)
    return Quota(rse, narrowest, free, writable)


def is_administrator(lake: Service, token: str, account: str) -> bool:
    """Whether Rucio's own rules let this account do what others may not."""
    validate_token(lake, account)
    with open_client(lake, token) as client:
        rows = first_rows(client.list_account_attributes(account), MAX_ROWS)
        attributes = [item for row in rows for item in (row if isinstance(row, list) else [row])]
        return any(read_rows(attributes, lambda item: item.get("key") == "admin" and bool(item.get("value"))))


def parse_limit(value: object) -> int | None:
    """Bytes; None without bounds, which Rucio says as a float, a text or -1. What is not there is 0. Raises ValueError."""
    if value is None:
        return 0
    if isinstance(value, int):
        return None if value < 0 else value
    number = float(str(value))
    return None if number < 0 or number == float("inf") else int(number)


def _local_limit(client: LakeClient, account: str, rse: str) -> AccountLimit:
    """No answer about a storage element means that nothing is allowed there."""
    rows = read_list(client.get_local_account_usage(account, rse), MAX_ROWS, lambda row: (str(row["rse"]), row))
    row: dict[str, Any] = dict(rows).get(rse, {})
    return AccountLimit(parse_limit(row.get("bytes_limit")), int(row.get("bytes") or 0))


def _global_limits(client: LakeClient, account: str, rse: str) -> list[AccountLimit]:
    """Limits over several storage elements, this one among them."""
    limits = dict(client.get_global_account_limits(account))
    here = {str(expression): item for expression, item in limits.items() if rse in item["resolved_rses"]}
    if not here:
        return []
    rows = client.get_global_account_usage(account)
    used = dict(read_list(rows, MAX_ROWS, lambda row: (str(row["rse_expression"]), int(row["bytes"] or 0))))
    return [AccountLimit(parse_limit(item["limit"]), used.get(expression, 0), expression) for expression, item in here.items()]
