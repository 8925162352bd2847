"""Transfers between storage elements: how many, how they went, and why some failed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datalake.rucio.client import PAUSE, parsed, plain, speaking
from datalake.rucio.types import moment, whole
from datalake.rucio.unreadable import each
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

MANY = 5000
MOST = 500  # of one link's past: Rucio gives it in no order, so that more would be read for the newest
ACTIVE = "Q,G,S,W,P"  # queued, submitting, submitted, waiting, preparing
FAILED = "F,L,N,O,A"  # failed, lost, no source, only on tape, not submitted


@dataclass(frozen=True)
class Link:
    """What went from one storage element to another in the last six hours, and what waits."""

    source: str
    destination: str
    queued: int = 0
    queued_bytes: int = 0
    done: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Transfer:
    """One file's way from one storage element to another."""

    scope: str
    name: str
    source: str
    destination: str
    state: str
    bytes: int | None = None
    activity: str = ""
    attempts: int = 0
    error: str = ""
    rule: str = ""
    asked: datetime | None = None
    changed: datetime | None = None


def list_links(lake: Service, token: str, rse: str | None = None) -> list[Link]:
    """All links with something to tell, or those that lead to `rse`; Rucio refuses whom it does not tell."""
    query = {}
    if rse:
        plain(lake, rse)
        query["dst_rse"] = rse
    with speaking(lake, token):
        return list(each(_rows(lake, token, "/requests/metrics", query, MANY), _link))


def list_transfers(lake: Service, token: str, source: str, destination: str, *, limit: int = MOST) -> list[Transfer]:
    """What is under way on one link."""
    return _transfers(lake, token, "/requests/list", source, destination, {"request_states": ACTIVE}, limit)


def list_failures(lake: Service, token: str, source: str, destination: str, *, limit: int = MOST) -> list[Transfer]:
    """What failed on one link, the last first, of at most `limit` that Rucio names."""
    query = {"request_states": FAILED, "offset": 0, "limit": limit}
    found = _transfers(lake, token, "/requests/history/list", source, destination, query, limit)
    return sorted(found, key=lambda item: item.changed.timestamp() if item.changed else 0.0, reverse=True)


def _transfers(lake: Service, token: str, path: str, source: str, destination: str, query: Mapping[str, Any], limit: int) -> list[Transfer]:
    plain(lake, source, destination)
    ends = {"src_rse": source, "dst_rse": destination}
    with speaking(lake, token):
        return list(each(_rows(lake, token, path, {**query, **ends}, limit), lambda row: _transfer(row, source, destination)))


def _rows(lake: Service, token: str, path: str, query: Mapping[str, Any], limit: int) -> list[Any]:
    """One listing. Rucio says "internal error" where it means that the account may not see this, so its reason is read here."""
    headers = {"X-Rucio-Auth-Token": token, "Accept": "application/x-json-stream"}
    reply = http.request(lake, "GET", path, params=dict(query), headers=headers, raise_5xx=False)
    if reply.status == 401 and reply.headers.get("ExceptionClass") == "CannotAuthenticate":
        time.sleep(PAUSE)  # of two first requests with a new token Rucio turns one away
        reply = http.request(lake, "GET", path, params=dict(query), headers=headers, raise_5xx=False)
    if "AccessDenied" in reply.text[:500] and reply.status in (401, 403, 500):
        raise RemoteRefused("your account may not see this lake's transfers.", service=lake, status=403, code="AccessDenied")
    if reply.status >= 500:
        raise RemoteUnavailable(f"{lake.title} is failing (status {reply.status}).", service=lake)
    if reply.status != 200:
        raise RemoteRefused(f"{lake.title} does not tell (status {reply.status}).", service=lake, status=reply.status)
    return [parsed(line) for line in reply.text.split("\n")[:limit] if line.strip()]


def _link(row: Mapping[str, Any]) -> Link:
    files, sizes = row.get("files") or {}, row.get("bytes") or {}
    return Link(
        source=str(row["src_rse"]),
        destination=str(row["dst_rse"]),
        queued=int(files.get("queued-total") or 0),
        queued_bytes=int(sizes.get("queued-total") or 0),
        done=int(files.get("done-total-6h") or 0),
        failed=int(files.get("failed-total-6h") or 0),
    )


def _transfer(row: Mapping[str, Any], source: str, destination: str) -> Transfer:
    return Transfer(
        scope=str(row["scope"]),
        name=str(row["name"]),
        source=str(row.get("source_rse") or source),
        destination=str(row.get("dest_rse") or destination),
        state=str(row.get("state") or ""),
        bytes=whole(row.get("bytes")),
        activity=str(row.get("activity") or ""),
        attempts=int(row.get("retry_count") or 0),
        error=str(row.get("err_msg") or ""),
        rule=str(row.get("rule_id") or ""),
        asked=moment(row.get("requested_at") or row.get("created_at")),
        changed=moment(row.get("updated_at")),
    )
