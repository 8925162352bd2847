"""Subscriptions: rules that Rucio makes by itself for new data of a kind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datalake.rucio.client import open_client
from datalake.rucio.paging import read_list
from datalake.rucio.types import parse_time
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

MAX_SUBSCRIPTIONS = 1000


@dataclass(frozen=True)
class Subscription:
    """Whose it is, what it waits for, and which rules it makes then."""

    name: str
    account: str
    state: str
    comment: str = ""
    filter: Mapping[str, str] = field(default_factory=dict, hash=False)
    rules: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    created: datetime | None = None
    last_processed: datetime | None = None
    expires: datetime | None = None


def list_subscriptions(lake: Service, token: str) -> list[Subscription]:
    """All subscriptions of the lake."""
    try:
        with open_client(lake, token) as client:
            return read_list(client.list_subscriptions(), MAX_SUBSCRIPTIONS, _subscription)
    except RemoteRefused as error:
        if error.status != 404:  # so Rucio says that there are none
            raise
        return []


def _parse_json(value: Any) -> Any:
    """Rucio keeps these two as JSON in a text."""
    return json.loads(value) if isinstance(value, str) else value


def _as_text(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _subscription(row: Mapping[str, Any]) -> Subscription:
    rules = _parse_json(row.get("replication_rules")) or []
    return Subscription(
        name=str(row["name"]),
        account=str(row["account"]),
        state=str(row.get("state") or ""),
        comment=str(row.get("comments") or ""),
        filter={str(key): _as_text(value) for key, value in dict(_parse_json(row.get("filter")) or {}).items()},
        rules=tuple(dict(item) for item in rules),
        created=parse_time(row.get("created_at")),
        last_processed=parse_time(row.get("last_processed")),
        expires=parse_time(row.get("expired_at")),
    )
