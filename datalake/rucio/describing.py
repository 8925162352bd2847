"""What is said about a DID: read whole, changed key by key. Values are JSON: Rucio keeps true apart from the word "True"."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from rucio.common import exception

from datalake.rucio.client import named, refused, sendable, speaking
from datalake.rucio.dids import SYSTEM
from datalake.rucio.types import moment
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

# Keys that Rucio has columns of its own for: they take one kind of value each, and cannot be taken away, only replaced.
COLUMNS = frozenset(
    {
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
    }
)
# What would change the thing and not what is said of it: `lifetime` as a key would set the day of its deletion.
FORBIDDEN = SYSTEM | {"lifetime", "created_at", "updated_at", "type", "created_before", "created_after"}
TIMES = {"created_at": "created", "updated_at": "updated", "accessed_at": "accessed", "closed_at": "closed", "eol_at": "end_of_life"}
LONGEST_KEY, LONGEST_VALUE = 250, 10_000


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
    """All of it in one question."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        raw: dict[str, Any] = client.get_metadata(scope, name, plugin="ALL")
        times = {word: moment(raw.get(key)) for key, word in TIMES.items()}
        hidden = SYSTEM | set(TIMES)
        said = {str(key): value for key, value in raw.items() if key not in hidden and (value is not None or key not in COLUMNS)}
        return Description(
            metadata=said,
            guid=str(raw["guid"]) if raw.get("guid") else None,
            type=str(raw.get("did_type") or "").upper(),
            account=str(raw.get("account") or ""),
            open=raw.get("is_open"),
            **times,
        )


def say(lake: Service, token: str, scope: str, name: str, key: str, value: Any) -> None:
    """Give one key a value; raises RemoteRefused with Rucio's reason where the account may not."""
    sendable(lake, "A key", key, longest=LONGEST_KEY)
    sendable(lake, "A value", value, longest=LONGEST_VALUE)
    _ask(lake, token, "POST", _address(lake, scope, name), json={"meta": {key: value}})


def unsay(lake: Service, token: str, scope: str, name: str, key: str) -> None:
    """Take a key away; one that is not there is no error.

    Rucio asks for no permission to delete a key (it does to write one): so the value is written once more first, and whoever may not write
    may not delete either.
    """
    said = describe(lake, token, scope, name).metadata
    if key not in said:
        return
    if key in COLUMNS:
        raise RemoteRefused(
            "Rucio has a column of its own for this key: its value can be replaced, not taken away.", service=lake, status=409
        )
    say(lake, token, scope, name, key, said[key])
    _ask(lake, token, "DELETE", _address(lake, scope, name), params={"key": key})


def _address(lake: Service, scope: str, name: str) -> str:
    named(lake, scope, name)
    return f"dids/{quote(scope, safe='')}/{quote(name, safe='')}/meta"


def _ask(lake: Service, token: str, method: str, path: str, **options: Any) -> None:
    """One call. Rucio says "no permission" with status 500 here, which is no outage."""
    reply = http.request(lake, method, path, headers={"X-Rucio-Auth-Token": token}, raise_5xx=False, **options)
    if reply.status < 300:
        return
    said = reply.json() if reply.body[:1] == b"{" else {}
    word, words = str(said.get("ExceptionClass") or ""), str(said.get("ExceptionMessage") or "")
    if word == "AccessDenied":
        raise RemoteRefused(f"{lake.title} refused: {words.strip()}"[:300], service=lake, status=401, code=word)
    cause = getattr(exception, word, None)
    if isinstance(cause, type) and issubclass(cause, exception.RucioException) and word != "DatabaseException":
        raise refused(lake, reply.status, cause(words))
    if reply.status >= 500:
        raise RemoteUnavailable(f"{lake.title} failed at it (status {reply.status}).", service=lake)
    raise refused(lake, reply.status, exception.RucioException(words or f"status {reply.status}"))
