"""What the Data Lake tells, as plain frozen values; types and states are Rucio's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

COLLECTIONS = ("DATASET", "CONTAINER")


@dataclass(frozen=True)
class ListingPage[Row]:
    """One page of a listing, and whether there are more, counted before rows are left out for a reader.

    Where it is not in order, the lake's own order decides what is on a page. It changes while the lake updates its rows, so that an
    entry may be on two pages or on none.
    """

    rows: tuple[Row, ...] = ()
    more: bool = False
    is_in_order: bool = True


@dataclass(frozen=True)
class OwnedScope:
    """A namespace, and the account that owns it."""

    name: str
    account: str = ""


@dataclass(frozen=True)
class Did:
    """A file, a dataset of files, or a container of datasets. What a listing does not tell is None."""

    scope: str
    name: str
    type: str  # FILE, DATASET, CONTAINER
    bytes: int | None = None
    length: int | None = None  # files inside
    adler32: str | None = None
    md5: str | None = None
    account: str | None = None
    open: bool | None = None
    monotonic: bool | None = None
    expires: datetime | None = None

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"


@dataclass(frozen=True)
class Replica:
    """A copy at one storage element: of a file, with its addresses, or of a collection, with how much of it is there."""

    scope: str
    name: str
    rse: str
    state: str  # AVAILABLE, COPYING, UNAVAILABLE, BAD ...
    bytes: int | None = None
    pfns: tuple[str, ...] = ()
    adler32: str | None = None
    length: int | None = None
    available_bytes: int | None = None
    available_length: int | None = None
    created: datetime | None = None
    updated: datetime | None = None
    accessed: datetime | None = None


@dataclass(frozen=True)
class Rule:
    """A replication rule and its progress."""

    id: str
    scope: str
    name: str
    type: str
    account: str
    state: str  # OK, REPLICATING, STUCK, SUSPENDED, INJECT, WAITING_APPROVAL
    copies: int
    rse_expression: str
    grouping: str = ""
    activity: str = ""
    comment: str = ""
    error: str | None = None
    locks_ok: int = 0
    locks_replicating: int = 0
    locks_stuck: int = 0
    locked: bool = False
    bytes: int | None = None  # of the DID, where the listing tells it
    priority: int | None = None
    stuck: datetime | None = None  # since when
    created: datetime | None = None
    updated: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True)
class Lock:
    """A rule's hold on one file at one storage element."""

    scope: str
    name: str
    rse: str
    state: str
    rule: str


@dataclass(frozen=True)
class Protocol:
    """One way to reach a storage element."""

    scheme: str
    hostname: str
    port: int
    prefix: str
    reads: bool  # from elsewhere, as people do
    writes: bool
    priorities: tuple[tuple[str, str, int], ...] = ()  # domain, operation, its turn among the protocols: 1 is the first


@dataclass(frozen=True)
class Rse:
    """A storage element: where it is, how it is reached, how full it is."""

    name: str
    type: str = ""
    site: str = ""
    city: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None
    readable: bool = True
    writable: bool = True
    deletable: bool = True
    by_rule: bool = True  # where a file lies follows from its name; otherwise the storage chooses
    used: int | None = None
    total: int | None = None
    files: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    protocols: tuple[Protocol, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict, hash=False)
    measured: datetime | None = None  # since when its usage is known


def parse_time(value: Any) -> datetime | None:
    """A time of Rucio's in UTC, or None where it is none; its client has parsed most of them already, without a zone."""
    if isinstance(value, str):
        try:
            value = parsedate_to_datetime(value)
        except ValueError:
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def parse_int(value: Any) -> int | None:
    """A count or a size, or None; Rucio sums sizes as decimal numbers. Raises ValueError or TypeError."""
    return None if value is None else int(value)


def parse_float(value: Any) -> float | None:
    """A coordinate, which may be a text; None where it is no number."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def parse_did(raw: Mapping[str, Any]) -> Did:
    """One DID of any of Rucio's listings; raises KeyError or ValueError."""
    return Did(
        scope=str(raw["scope"]),
        name=str(raw["name"]),
        type=str(raw.get("type") or raw.get("did_type") or "").upper(),
        bytes=parse_int(raw.get("bytes")),
        length=parse_int(raw.get("length")),
        adler32=raw.get("adler32"),
        md5=raw.get("md5"),
        account=raw.get("account"),
        open=raw.get("open"),
        monotonic=raw.get("monotonic"),
        expires=parse_time(raw.get("expired_at")),
    )


def parse_rule(raw: Mapping[str, Any]) -> Rule:
    """One replication rule; raises KeyError or ValueError."""
    return Rule(
        id=str(raw["id"]),
        scope=str(raw["scope"]),
        name=str(raw["name"]),
        type=str(raw.get("did_type") or ""),
        account=str(raw["account"]),
        state=str(raw["state"]),
        copies=int(raw["copies"]),
        rse_expression=str(raw["rse_expression"]),
        grouping=str(raw.get("grouping") or ""),
        activity=str(raw.get("activity") or ""),
        comment=str(raw.get("comments") or ""),
        error=raw.get("error") or None,
        locks_ok=int(raw.get("locks_ok_cnt") or 0),
        locks_replicating=int(raw.get("locks_replicating_cnt") or 0),
        locks_stuck=int(raw.get("locks_stuck_cnt") or 0),
        locked=bool(raw.get("locked")),
        bytes=parse_int(raw.get("bytes")),
        priority=parse_int(raw.get("priority")),
        stuck=parse_time(raw.get("stuck_at")),
        created=parse_time(raw.get("created_at")),
        updated=parse_time(raw.get("updated_at")),
        expires=parse_time(raw.get("expires_at")),
    )
