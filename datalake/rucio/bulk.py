"""A lake read in bulk, with a fixed set of questions: names by stretches, what is new, what was described, facts of many at once."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from datalake.rucio.bounds import bound
from datalake.rucio.client import plain
from datalake.rucio.dids import SYSTEM
from datalake.rucio.types import moment, whole
from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service
from vre_portal.text import storable

MOST_AT_ONCE = 1000  # DIDs in one question; Rucio's own limit
STRETCH = 10_000
ROUNDS = 40
PATIENCE = (2.0, 120.0)  # Rucio scans a large scope before it says anything
LONG = 6 * 3600.0
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = ("created_at", "updated_at")


@dataclass(frozen=True)
class Facts:
    """One DID as Rucio's own table has it; `words` are those of its columns that people fill."""

    scope: str
    name: str
    type: str
    bytes: int | None
    length: int | None
    open: bool | None
    account: str
    created: datetime
    updated: datetime | None
    words: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Stretch:
    """All names after one and up to another, in Rucio's own order; `end` is None at the end of the scope."""

    names: list[str]
    end: str | None


def names_after(lake: Service, token: str, scope: str, after: str, *, collections: bool = False, size: int = STRETCH) -> Stretch:
    """The next stretch of a scope's names.

    Rucio gives any `size` names, in no order, so the stretch is shortened until all of it fits. Its end is sent back as it was
    given and never compared here: whatever order the lake's database has, stretches neither overlap nor leave a gap.
    """
    filters = {"name.gt": after} if after else {}
    for _ in range(ROUNDS):
        found = list(_search(lake, token, scope, filters, collections=collections, limit=size))
        if len(found) < size:
            return Stretch(found, filters.get("name.lte"))
        end = bound(sorted(found), len(found) // 2)
        if end is None or end == filters.get("name.lte"):  # names that Rucio cannot be asked about come all at once
            return Stretch(list(_search(lake, token, scope, filters, collections=collections)), filters.get("name.lte"))
        filters["name.lte"] = end
    raise RemoteUnavailable(f"{lake.title} answers the same question in ever new ways.", service=lake)


def new_names(lake: Service, token: str, scope: str, since: datetime, *, collections: bool = False) -> Iterator[str]:
    """The names that were made since then, as they come."""
    return _search(lake, token, scope, {"created_at.gte": _time(since)}, collections=collections)


def closed_names(lake: Service, token: str, scope: str, since: datetime) -> Iterator[str]:
    """The collections that were closed since then: closing settles their size."""
    return _search(lake, token, scope, {"closed_at.gte": _time(since)}, collections=True)


def described_names(lake: Service, token: str, scope: str, since: datetime) -> Iterator[str]:
    """The names of which somebody said something since then, as they come.

    `updated_at` is a column of the table of descriptions, and no column that Rucio lets one ask of DIDs: so it is asked of that table.
    """
    return _search(lake, token, scope, {"updated_at.gte": _time(since)})


def facts_of(lake: Service, token: str, scope: str, names: Sequence[str]) -> list[Facts]:
    """What up to a thousand DIDs are; those that are gone are left out."""
    return [_facts(row) for row in _bulk(lake, token, scope, names, "DID_COLUMN")]


def words_of(lake: Service, token: str, scope: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What people said of up to a thousand DIDs, by name."""
    rows = _bulk(lake, token, scope, names, "JSON")
    return {str(row["name"]): {key: value for key, value in row.items() if key not in ("scope", "name")} for row in rows}


def _facts(row: dict[str, Any]) -> Facts:
    words = {key: value for key, value in row.items() if key not in SYSTEM and key not in TIMES and value is not None}
    return Facts(
        scope=str(row["scope"]),
        name=str(row["name"]),
        type=str(row["did_type"]),
        bytes=whole(row.get("bytes")),
        length=whole(row.get("length")),
        open=row.get("is_open"),
        account=str(row.get("account") or ""),
        created=moment(row.get("created_at")) or NEVER,
        updated=moment(row.get("updated_at")),
        words=words,
    )


def _time(value: datetime) -> str:
    """A time as Rucio's filters read it: UTC, without a zone, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _search(
    lake: Service, token: str, scope: str, filters: dict[str, str], *, collections: bool = False, limit: int | None = None
) -> Iterator[str]:
    plain(lake, scope)
    params: dict[str, Any] = {"type": "collection" if collections else "all", "filters": repr([filters]), "long": "false"}
    if limit:
        params["limit"] = limit
    for row in _lines(lake, token, "GET", f"/dids/{quote(scope)}/dids/search", params=params):
        if not isinstance(row, str):
            raise RemoteUnavailable(f"{lake.title} answered with something unexpected.", service=lake)
        yield row


def _bulk(lake: Service, token: str, scope: str, names: Sequence[str], plugin: str) -> list[dict[str, Any]]:
    if not names:
        return []
    body = {"dids": [{"scope": scope, "name": name} for name in names], "inherit": False, "plugin": plugin}
    rows = list(_lines(lake, token, "POST", "/dids/bulkmeta", data=json.dumps(body)))
    if not all(isinstance(row, dict) and row.keys() >= {"scope", "name"} for row in rows):
        raise RemoteUnavailable(f"{lake.title} answered with something unexpected.", service=lake)
    return rows


def _lines(lake: Service, token: str, verb: str, path: str, **options: Any) -> Iterator[Any]:
    """One value a line."""
    headers = {"X-Rucio-Auth-Token": token, "Accept": "application/x-json-stream"}
    if verb == "POST":
        headers["Content-Type"] = "application/json"
    with http.stream(lake, verb, path, headers=headers, timeout=PATIENCE, deadline=LONG, **options) as answer:
        if answer.status != 200:
            code = str(answer.headers.get("ExceptionClass", ""))
            raise RemoteRefused(
                f"{lake.title} refused to be read ({code or answer.status}).", service=lake, status=answer.status, code=code
            )
        try:
            for line in answer.lines():
                if line:
                    yield _storable(json.loads(line))
        except (ValueError, RecursionError):
            raise RemoteUnavailable(f"{lake.title} answered with something that is not JSON.", service=lake) from None


def _storable(value: Any) -> Any:
    """The value without what no database can hold; most have nothing of it."""
    if isinstance(value, str):
        return storable(value) if re.search("[\0\ud800-\udfff]", value) else value
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(item) for key, item in value.items()}
    return value
