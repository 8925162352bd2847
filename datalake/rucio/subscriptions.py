"""Subscriptions: rules that Rucio makes by itself for new data of a kind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datalake.rucio.client import page, speaking
from datalake.rucio.types import moment
from datalake.rucio.unreadable import each
from vre_portal.http import RemoteRefused
from vre_portal.services import Service

MANY = 1000


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
    """All of them; Rucio says "not found" where there are none."""
    try:
        with speaking(lake, token) as client:
            return list(each(page(iter(client.list_subscriptions()), 0, MANY), _read))
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return []


def _loaded(value: Any) -> Any:
    """Rucio keeps these two as JSON in a text."""
    return json.loads(value) if isinstance(value, str) else value


def _said(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _read(row: Mapping[str, Any]) -> Subscription:
    rules = _loaded(row.get("replication_rules")) or []
    return Subscription(
        name=str(row["name"]),
        account=str(row["account"]),
        state=str(row.get("state") or ""),
        comment=str(row.get("comments") or ""),
        filter={str(key): _said(value) for key, value in dict(_loaded(row.get("filter")) or {}).items()},
        rules=tuple(dict(item) for item in rules),
        created=moment(row.get("created_at")),
        last_processed=moment(row.get("last_processed")),
        expires=moment(row.get("expired_at")),
    )
