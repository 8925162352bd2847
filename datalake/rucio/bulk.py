"""A lake read in bulk, with a fixed set of questions: ranges of names, new and described names, records of many DIDs at once."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from datalake.rucio.client import INVALID
from datalake.rucio.metadata import SYSTEM_KEYS
from datalake.rucio.paging import upper_bound
from datalake.rucio.types import parse_int, parse_time
from datalake.rucio.unreadable import UNREADABLE, NotJson
from datalake.rucio.validation import MAX_NAME_CHARS, UNSTORABLE, validate_token
from vre_portal import http
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.http.transport import raise_for
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service
from vre_portal.text import storable

MAX_DIDS_PER_REQUEST = 1000  # Rucio's own limit
NAMES_PER_RANGE = 10_000
MAX_NARROWINGS = 40
BULK_TIMEOUT = (2.0, 120.0)  # seconds to connect and to answer: Rucio scans a large scope before
DEADLINE_SECONDS = 6 * 3600.0
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = ("created_at", "updated_at")
PROBE_NAME = "control"  # any name that every lake may be asked about; whether there is such a DID does not matter


@dataclass(frozen=True)
class DidRecord:
    """One DID as Rucio's own table has it; `metadata` are those of its columns that people fill."""

    scope: str
    name: str
    type: str
    bytes: int | None
    length: int | None
    open: bool | None
    account: str
    created: datetime
    updated: datetime | None
    metadata: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class UnusableName:
    """A row of a listing that is no name, or one that no database can hold; `name` is what can be shown of it."""

    name: str
    reason: str


@dataclass(frozen=True)
class NameRange:
    """All names after one and up to another, in Rucio's own order; `end` is None at the end of the scope."""

    names: list[str]
    end: str | None
    unusable: tuple[UnusableName, ...] = ()


def list_names_after(
    lake: Service, token: str, scope: str, after: str, *, collections: bool = False, size: int = NAMES_PER_RANGE
) -> NameRange:
    """The next range of a scope's names; raises RemoteUnavailable where it cannot be read.

    Rucio gives any `size` names, in no order, so the range is shortened until all of it fits. Its end is sent back as it was
    given and never compared here: whatever order the lake's database has, ranges neither overlap nor leave a gap.
    """
    filters = {"name.gt": after} if after else {}
    for _round in range(MAX_NARROWINGS):
        rows = list(_search(lake, token, scope, filters, collections=collections, limit=size))
        if len(rows) < size:
            return _name_range(rows, filters.get("name.lte"))
        names = sorted(row for row in rows if isinstance(row, str))
        end = upper_bound(names, len(names) // 2)
        if end is None or end == filters.get("name.lte"):  # names that Rucio cannot be asked about come all at once
            return _name_range(list(_search(lake, token, scope, filters, collections=collections)), filters.get("name.lte"))
        filters["name.lte"] = end
    text = _("%(service)s gives a different answer to the same question each time.")
    raise RemoteUnavailable(text % {"service": lake.title}, service=lake)


def _name_range(rows: list[str | UnusableName], end: str | None) -> NameRange:
    names = [row for row in rows if isinstance(row, str)]
    return NameRange(names, end, tuple(row for row in rows if isinstance(row, UnusableName)))


def list_created_names(
    lake: Service, token: str, scope: str, since: datetime, *, collections: bool = False
) -> Iterator[str | UnusableName]:
    """The names that were made since then, as they come."""
    return _search(lake, token, scope, {"created_at.gte": _time(since)}, collections=collections)


def list_closed_names(lake: Service, token: str, scope: str, since: datetime) -> Iterator[str | UnusableName]:
    """The collections that were closed since then: closing settles their size."""
    return _search(lake, token, scope, {"closed_at.gte": _time(since)}, collections=True)


def list_described_names(lake: Service, token: str, scope: str, since: datetime) -> Iterator[str | UnusableName]:
    """The names of which somebody said something since then, as they come.

    `updated_at` is a column of the table of descriptions, and no column that Rucio lets one ask of DIDs: so it is asked of that table.
    """
    return _search(lake, token, scope, {"updated_at.gte": _time(since)})


def name_exists(lake: Service, token: str, scope: str, name: str) -> bool:
    """Whether Rucio lists the name: it lists also those that it answers no other question about.

    What its filters would take for something else is asked for as a wildcard, and compared here.
    """
    pattern = re.sub(r"true|TRUE|false|FALSE|[*%\\]", "*", name) + "*"
    return name in _search(lake, token, scope, {"name": pattern})


def is_scope_answered(lake: Service, token: str, scope: str) -> bool:
    """Whether Rucio answers the plainest question about a scope: if so, a failure is about the names that were asked for."""
    try:
        _bulk(lake, token, scope, [PROBE_NAME], "DID_COLUMN", timeout=http.TIMEOUT)
    except RemoteError:
        return False
    return True


def get_records(lake: Service, token: str, scope: str, names: Sequence[str]) -> list[DidRecord]:
    """What up to a thousand DIDs are; those that are gone are left out. Raises RemoteUnavailable where one of the rows is odd."""
    rows = _bulk(lake, token, scope, names, "DID_COLUMN")
    try:
        return [_record(row) for row in rows]
    except UNREADABLE as error:
        text = _("%(service)s sent an unexpected answer: %(reason)s") % {"service": lake.title, "reason": error}
        raise RemoteUnavailable(text[:300], service=lake) from None


def get_metadata_bulk(lake: Service, token: str, scope: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The metadata that people set on up to a thousand DIDs, by name."""
    rows = _bulk(lake, token, scope, names, "JSON")
    return {str(row["name"]): {key: value for key, value in row.items() if key not in ("scope", "name")} for row in rows}


def _record(row: dict[str, Any]) -> DidRecord:
    metadata = {key: value for key, value in row.items() if key not in SYSTEM_KEYS and key not in TIMES and value is not None}
    return DidRecord(
        scope=str(row["scope"]),
        name=str(row["name"]),
        type=str(row["did_type"]),
        bytes=parse_int(row.get("bytes")),
        length=parse_int(row.get("length")),
        open=row.get("is_open"),
        account=str(row.get("account") or ""),
        created=parse_time(row.get("created_at")) or NEVER,
        updated=parse_time(row.get("updated_at")),
        metadata=metadata,
    )


def _time(value: datetime) -> str:
    """A time as Rucio's filters read it: UTC, without a zone, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _search(
    lake: Service, token: str, scope: str, filters: dict[str, str], *, collections: bool = False, limit: int | None = None
) -> Iterator[str | UnusableName]:
    """The matching names, as they arrive; raises RemoteUnavailable for an answer with rows and no name among them."""
    validate_token(lake, scope)
    params: dict[str, Any] = {"type": "collection" if collections else "all", "filters": repr([filters]), "long": "false"}
    if limit:
        params["limit"] = limit
    has_name, has_unusable = False, False
    for row in _lines(lake, token, "GET", f"/dids/{quote(scope)}/dids/search", params=params):
        name = _name(row)
        has_name, has_unusable = has_name or isinstance(name, str), has_unusable or isinstance(name, UnusableName)
        yield name
    if has_unusable and not has_name:
        raise RemoteUnavailable(_("%(service)s sent an unexpected answer.") % {"service": lake.title}, service=lake)


def _name(row: Any) -> str | UnusableName:
    if not isinstance(row, str):
        return UnusableName(
            storable(row.text if isinstance(row, NotJson) else repr(row))[:200], _("Rucio lists this, but it is not a name.")
        )
    if UNSTORABLE.search(row):
        return UnusableName(storable(row)[:MAX_NAME_CHARS], _("The name contains characters that cannot be stored."))
    if not 0 < len(row) <= MAX_NAME_CHARS:
        text = _("A name must have 1 to %(limit)s characters; this one has %(count)s.")
        return UnusableName(row[:MAX_NAME_CHARS], text % {"limit": MAX_NAME_CHARS, "count": grouped(len(row))})
    return row


def _bulk(
    lake: Service, token: str, scope: str, names: Sequence[str], plugin: str, *, timeout: tuple[float, float] = BULK_TIMEOUT
) -> list[dict[str, Any]]:
    """A row for each of the names that Rucio knows; raises RemoteUnavailable where it answers with anything else."""
    if not names:
        return []
    validate_token(lake, scope)
    body = {"dids": [{"scope": scope, "name": name} for name in names], "inherit": False, "plugin": plugin}
    wanted = set(names)
    try:
        rows = [_storable(row) for row in _lines(lake, token, "POST", "/dids/bulkmeta", data=json.dumps(body), timeout=timeout)]
        if all(isinstance(row, dict) and row.get("scope") == scope and row.get("name") in wanted for row in rows):
            return rows
    except (RecursionError, TypeError):  # nested too deep; a name that is a list
        pass
    raise RemoteUnavailable(_("%(service)s sent an unexpected answer.") % {"service": lake.title}, service=lake)


def _lines(
    lake: Service, token: str, verb: str, path: str, *, timeout: tuple[float, float] = BULK_TIMEOUT, **options: Any
) -> Iterator[Any]:
    """One value a line, as it was sent; a line that is no JSON comes as NotJson."""
    headers = {"X-Rucio-Auth-Token": token, "Accept": "application/x-json-stream"}
    if verb == "POST":
        headers["Content-Type"] = "application/json"
    with http.stream(lake, verb, path, headers=headers, timeout=timeout, deadline=DEADLINE_SECONDS, raise_5xx=False, **options) as answer:
        if answer.status != 200:
            raise _refusal(lake, answer)
        for line in answer.lines():
            if line:
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    yield NotJson(line[:200])


def _refusal(lake: Service, answer: http.Stream) -> RemoteRefused:
    """Why Rucio refuses; raises RemoteUnavailable where it fails. Rucio says status 500 also where it refuses a name by its own rule for names."""
    code = str(answer.headers.get("ExceptionClass", ""))
    message = re.sub(r"\s+", " ", str(answer.headers.get("ExceptionMessage", ""))).partition("(psycopg")[0].strip()[:200]
    if code != INVALID:
        raise_for(lake, answer.status, answer.headers)
    if code == "CannotAuthenticate" or not message:
        message = code or _("status %(status)s") % {"status": answer.status}
    text = _("%(service)s refused the request: %(reason)s") % {"service": lake.title, "reason": message}
    return RemoteRefused(text, service=lake, status=400 if answer.status >= 500 else answer.status, code=code)


def _storable(value: Any) -> Any:
    """The value without what no database can hold; most have nothing of it."""
    if isinstance(value, str):
        return storable(value) if UNSTORABLE.search(value) else value
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(item) for key, item in value.items()}
    return value
