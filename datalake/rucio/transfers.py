"""Transfers between storage elements: how many, how they went, why some failed, and what was tried for one file."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from datalake.rucio.client import RETRY_DELAY_SECONDS, open_client, parsed
from datalake.rucio.types import parse_int, parse_time
from datalake.rucio.unreadable import read_rows
from datalake.rucio.validation import validate_did, validate_rule_id, validate_token
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

MAX_LINKS = 5000
MAX_TRANSFERS = 500  # of one link's past: Rucio gives it in no order, so that more would be read for the newest
ACTIVE_STATES = "Q,G,S,W,P"  # queued, submitting, submitted, waiting, preparing
FAILED_STATES = "F,L,N,O,A"  # failed, lost, no source, only on tape, not submitted


@dataclass(frozen=True)
class TransferLink:
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


@dataclass(frozen=True)
class TransferRequest:
    """One transfer to one storage element, under way or ended."""

    scope: str
    name: str
    rse: str
    state: str
    source: str = ""
    error: str = ""
    attempts: int = 0
    created: datetime | None = None
    submitted: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True)
class TransferAttempts:
    """What Rucio remembers of the transfers behind one stuck lock."""

    scope: str
    name: str
    rse: str
    attempts: int = 0
    last_state: str = ""
    last_source: str = ""
    last_time: datetime | None = None
    sources: tuple[tuple[str, bool], ...] = ()  # storage elements that hold it, and whether they may be read


def list_links(lake: Service, token: str, rse: str | None = None) -> list[TransferLink]:
    """All links with traffic, or those that lead to `rse`; raises RemoteRefused for an account that may not see them."""
    query = {}
    if rse:
        validate_token(lake, rse)
        query["dst_rse"] = rse
    with open_client(lake, token):
        return list(read_rows(_rows(lake, token, "/requests/metrics", query, MAX_LINKS), _link))


def list_transfers(lake: Service, token: str, source: str, destination: str, *, limit: int = MAX_TRANSFERS) -> list[Transfer]:
    """What is under way on one link."""
    return _transfers(lake, token, "/requests/list", source, destination, {"request_states": ACTIVE_STATES}, limit)


def list_failures(lake: Service, token: str, source: str, destination: str, *, limit: int = MAX_TRANSFERS) -> list[Transfer]:
    """What failed on one link, the last first, of at most `limit` that Rucio names."""
    query = {"request_states": FAILED_STATES, "offset": 0, "limit": limit}
    failures = _transfers(lake, token, "/requests/history/list", source, destination, query, limit)
    return sorted(failures, key=lambda item: item.changed.timestamp() if item.changed else 0.0, reverse=True)


def _transfers(lake: Service, token: str, path: str, source: str, destination: str, query: Mapping[str, Any], limit: int) -> list[Transfer]:
    validate_token(lake, source, destination)
    ends = {"src_rse": source, "dst_rse": destination}
    with open_client(lake, token):
        return list(read_rows(_rows(lake, token, path, {**query, **ends}, limit), lambda row: _transfer(row, source, destination)))


def _rows(lake: Service, token: str, path: str, query: Mapping[str, Any], limit: int) -> list[Any]:
    """One listing. Rucio says "internal error" where it means that the account may not see this, so its reason is read here."""
    headers = {"X-Rucio-Auth-Token": token, "Accept": "application/x-json-stream"}
    reply = http.request(lake, "GET", path, params=dict(query), headers=headers, raise_5xx=False)
    if reply.status == 401 and reply.headers.get("ExceptionClass") == "CannotAuthenticate":
        time.sleep(RETRY_DELAY_SECONDS)  # of two first requests with a new token Rucio turns one away
        reply = http.request(lake, "GET", path, params=dict(query), headers=headers, raise_5xx=False)
    if "AccessDenied" in reply.text[:500] and reply.status in (401, 403, 500):
        raise RemoteRefused(
            _("Your account does not have permission to see the transfers of this Data Lake."),
            service=lake,
            status=403,
            code="AccessDenied",
        )
    if reply.status >= 500:
        text = _("%(service)s is failing (status %(status)s).")
        raise RemoteUnavailable(text % {"service": lake.title, "status": reply.status}, service=lake)
    if reply.status != 200:
        text = _("%(service)s does not show its transfers (status %(status)s).")
        raise RemoteRefused(text % {"service": lake.title, "status": reply.status}, service=lake, status=reply.status)
    return [parsed(line) for line in reply.text.split("\n")[:limit] if line.strip()]


def _link(row: Mapping[str, Any]) -> TransferLink:
    files, sizes = row.get("files") or {}, row.get("bytes") or {}
    return TransferLink(
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
        bytes=parse_int(row.get("bytes")),
        activity=str(row.get("activity") or ""),
        attempts=int(row.get("retry_count") or 0),
        error=str(row.get("err_msg") or ""),
        rule=str(row.get("rule_id") or ""),
        asked=parse_time(row.get("requested_at") or row.get("created_at")),
        changed=parse_time(row.get("updated_at")),
    )


def get_transfer_request(lake: Service, token: str, scope: str, name: str, rse: str) -> TransferRequest | None:
    """The transfer under way to a storage element, or None; Rucio tells those that ended to its administrators only."""
    validate_did(lake, scope, name)
    validate_token(lake, rse)
    path = f"requests/{quote(scope, safe='')}/{quote(name, safe='')}/{rse}"
    try:
        with open_client(lake, token) as client:
            return _request(next(client.fetch(path)), rse)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return None


def _request(row: dict[str, Any], rse: str) -> TransferRequest:
    return TransferRequest(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(row.get("dest_rse") or rse),
        state=str(row.get("state") or ""),
        source=str(row.get("source_rse") or ""),
        error=str(row.get("err_msg") or ""),
        attempts=int(row.get("retry_count") or 0),
        created=parse_time(row.get("created_at")),
        submitted=parse_time(row.get("submitted_at")),
        updated=parse_time(row.get("updated_at")),
    )


def examine_rule(lake: Service, token: str, rule_id: str) -> list[TransferAttempts]:
    """What was tried for each stuck lock of a rule."""
    validate_rule_id(lake, rule_id)
    with open_client(lake, token) as client:
        return list(read_rows(client.examine_replication_rule(rule_id).get("transfers") or (), _attempts))


def _attempts(row: dict[str, Any]) -> TransferAttempts:
    return TransferAttempts(
        scope=str(row["scope"]),
        name=str(row["name"]),
        rse=str(row["rse"]),
        attempts=int(row.get("attempts") or 0),
        last_state=str(row.get("last_error") or "").rpartition(".")[2],
        last_source=str(row.get("last_source") or ""),
        last_time=parse_time(row.get("last_time")),
        sources=tuple((str(rse), bool(readable)) for rse, readable in row.get("sources") or ()),
    )
