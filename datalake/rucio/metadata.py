"""Metadata of a DID: read whole, changed key by key. Values are JSON: Rucio keeps true apart from the word "True"."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from rucio.common import exception

from datalake.rucio.client import open_client, refusal
from datalake.rucio.types import parse_time
from datalake.rucio.validation import validate_did, validate_text
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

# What Rucio keeps about every DID for its own purposes; the rest was said by people.
SYSTEM_KEYS = frozenset(
    [
        "scope",
        "name",
        "did_type",
        "account",
        "length",
        "bytes",
        "md5",
        "adler32",
        "guid",
        "deleted_at",
        "expired_at",
        "hidden",
        "is_open",
        "is_new",
        "monotonic",
        "obsolete",
        "complete",
        "availability",
        "suppressed",
        "purge_replicas",
        "transient",
        "access_cnt",
        "accessed_at",
        "constituent",
        "is_archive",
        "eol_at",
        "closed_at",
    ]
)
# Keys that Rucio has columns of its own for: they take one kind of value each, and can be replaced but not deleted.
COLUMNS = frozenset(
    [
        "campaign",
        "datatype",
        "events",
        "lumiblocknr",
        "panda_id",
        "phys_group",
        "prod_step",
        "project",
        "provenance",
        "run_number",
        "stream_name",
        "task_id",
        "version",
    ]
)
# What would change the thing and not what is said of it: `lifetime` as a key would set the day of its deletion.
FORBIDDEN_KEYS = SYSTEM_KEYS | {"lifetime", "created_at", "updated_at", "type", "created_before", "created_after"}
TIMES = {"created_at": "created", "updated_at": "updated", "accessed_at": "accessed", "closed_at": "closed", "eol_at": "end_of_life"}
MAX_KEY_CHARS, MAX_VALUE_CHARS = 250, 10_000


@dataclass(frozen=True)
class Description:
    """A DID's metadata, and what Rucio itself keeps about it."""

    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    guid: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    accessed: datetime | None = None
    closed: datetime | None = None
    end_of_life: datetime | None = None
    type: str = ""
    account: str = ""
    open: bool | None = None


def describe(lake: Service, token: str, scope: str, name: str) -> Description:
    """All metadata of a DID in one request."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        raw: dict[str, Any] = client.get_metadata(scope, name, plugin="ALL")
        times = {word: parse_time(raw.get(key)) for key, word in TIMES.items()}
        hidden = SYSTEM_KEYS | set(TIMES)
        return Description(
            metadata={str(key): value for key, value in raw.items() if key not in hidden and (value is not None or key not in COLUMNS)},
            guid=str(raw["guid"]) if raw.get("guid") else None,
            type=str(raw.get("did_type") or "").upper(),
            account=str(raw.get("account") or ""),
            open=raw.get("is_open"),
            **times,
        )


def set_metadata(lake: Service, token: str, scope: str, name: str, metadata: Mapping[str, Any]) -> None:
    """Set several keys in one request; other keys stay as they are."""
    validate_did(lake, scope, name)
    validate_text(lake, _("Metadata"), metadata, max_chars=MAX_VALUE_CHARS)
    with open_client(lake, token) as client:
        client.set_metadata_bulk(scope, name, dict(metadata))


def set_metadata_value(lake: Service, token: str, scope: str, name: str, key: str, value: Any) -> None:
    """Set one key; raises RemoteRefused with Rucio's reason where the account may not."""
    validate_text(lake, _("Key"), key, max_chars=MAX_KEY_CHARS)
    validate_text(lake, _("Value"), value, max_chars=MAX_VALUE_CHARS)
    _request(lake, token, "POST", scope, name, json={"meta": {key: value}})


def delete_metadata_key(lake: Service, token: str, scope: str, name: str, key: str) -> None:
    """Delete a key; one that is not there is no error. Raises RemoteRefused for a key that can only be replaced.

    Rucio asks for no permission to delete a key (it does to write one): so the value is written once more first, and who may not write
    may not delete either.
    """
    metadata = describe(lake, token, scope, name).metadata
    if key not in metadata:
        return
    if key in COLUMNS:
        raise RemoteRefused(
            _("This is a standard key of Rucio: its value can be changed, but the key cannot be deleted."), service=lake, status=409
        )
    set_metadata_value(lake, token, scope, name, key, metadata[key])
    _request(lake, token, "DELETE", scope, name, params={"key": key})


def _request(lake: Service, token: str, method: str, scope: str, name: str, **options: Any) -> None:
    """One request about a DID's metadata. Rucio says "no permission" with status 500 here, which is no outage."""
    validate_did(lake, scope, name)
    path = f"dids/{quote(scope, safe='')}/{quote(name, safe='')}/meta"
    reply = http.request(lake, method, path, headers={"X-Rucio-Auth-Token": token}, raise_5xx=False, **options)
    if reply.status < 300:
        return
    error = reply.json() if reply.body[:1] == b"{" else {}
    code, message = str(error.get("ExceptionClass") or ""), str(error.get("ExceptionMessage") or "")
    if code == "AccessDenied":
        text = _("%(service)s refused the request: %(reason)s") % {"service": lake.title, "reason": message.strip()}
        raise RemoteRefused(text[:300], service=lake, status=401, code=code)
    cause = getattr(exception, code, None)
    if isinstance(cause, type) and issubclass(cause, exception.RucioException) and code != "DatabaseException":
        raise refusal(lake, reply.status, cause(message))
    if reply.status >= 500:
        text = _("%(service)s is failing (status %(status)s).")
        raise RemoteUnavailable(text % {"service": lake.title, "status": reply.status}, service=lake)
    raise refusal(lake, reply.status, exception.RucioException(message or _("status %(status)s") % {"status": reply.status}))
