"""A lake read in bulk, with a fixed set of questions: names by stretches, what is new, what was described, facts of many at once."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from datalake.rucio.bounds import bound
from datalake.rucio.client import INVALID, UNSTORABLE, plain
from datalake.rucio.dids import SYSTEM
from datalake.rucio.types import moment, whole
from datalake.rucio.unreadable import ODD, NotJson
from vre_portal import http
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.http.wire import raise_for
from vre_portal.services import Service
from vre_portal.text import storable

MOST_AT_ONCE = 1000  # DIDs in one question; Rucio's own limit
STRETCH = 10_000
ROUNDS = 40
PATIENCE = (2.0, 120.0)  # Rucio scans a large scope before it says anything
LONG = 6 * 3600.0
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = ("created_at", "updated_at")
LONGEST_NAME = 500
CONTROL = "control"  # any name that every lake may be asked about; whether there is such a DID does not matter


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
class Unusable:
    """A row of a listing that is no name, or one that no database can hold; `name` is what can be shown of it."""

    name: str
    reason: str


@dataclass(frozen=True)
class Stretch:
    """All names after one and up to another, in Rucio's own order; `end` is None at the end of the scope."""

    names: list[str]
    end: str | None
    unusable: tuple[Unusable, ...] = ()


def names_after(lake: Service, token: str, scope: str, after: str, *, collections: bool = False, size: int = STRETCH) -> Stretch:
    """The next stretch of a scope's names.

    Rucio gives any `size` names, in no order, so the stretch is shortened until all of it fits. Its end is sent back as it was
    given and never compared here: whatever order the lake's database has, stretches neither overlap nor leave a gap.
    """
    filters = {"name.gt": after} if after else {}
    for _ in range(ROUNDS):
        rows = list(_search(lake, token, scope, filters, collections=collections, limit=size))
        if len(rows) < size:
            return _stretch(rows, filters.get("name.lte"))
        found = sorted(row for row in rows if isinstance(row, str))
        end = bound(found, len(found) // 2)
        if end is None or end == filters.get("name.lte"):  # names that Rucio cannot be asked about come all at once
            return _stretch(list(_search(lake, token, scope, filters, collections=collections)), filters.get("name.lte"))
        filters["name.lte"] = end
    raise RemoteUnavailable(f"{lake.title} answers the same question in ever new ways.", service=lake)


def _stretch(rows: list[str | Unusable], end: str | None) -> Stretch:
    names = [row for row in rows if isinstance(row, str)]
    return Stretch(names, end, tuple(row for row in rows if isinstance(row, Unusable)))


def new_names(lake: Service, token: str, scope: str, since: datetime, *, collections: bool = False) -> Iterator[str | Unusable]:
    """The names that were made since then, as they come."""
    return _search(lake, token, scope, {"created_at.gte": _time(since)}, collections=collections)


def closed_names(lake: Service, token: str, scope: str, since: datetime) -> Iterator[str | Unusable]:
    """The collections that were closed since then: closing settles their size."""
    return _search(lake, token, scope, {"closed_at.gte": _time(since)}, collections=True)


def described_names(lake: Service, token: str, scope: str, since: datetime) -> Iterator[str | Unusable]:
    """The names of which somebody said something since then, as they come.

    `updated_at` is a column of the table of descriptions, and no column that Rucio lets one ask of DIDs: so it is asked of that table.
    """
    return _search(lake, token, scope, {"updated_at.gte": _time(since)})


def exists(lake: Service, token: str, scope: str, name: str) -> bool:
    """Whether Rucio lists the name: it lists also those that it answers no other question about.

    What its filters would take for something else is asked for as a wildcard, and compared here.
    """
    pattern = re.sub(r"true|TRUE|false|FALSE|[*%\\]", "*", name) + "*"
    return name in _search(lake, token, scope, {"name": pattern})


def is_answering(lake: Service, token: str, scope: str) -> bool:
    """Whether Rucio answers the plainest question about a scope: if so, a failure is about the names that were asked for."""
    try:
        _bulk(lake, token, scope, [CONTROL], "DID_COLUMN", timeout=http.TIMEOUT)
    except RemoteError:
        return False
    return True


def facts_of(lake: Service, token: str, scope: str, names: Sequence[str]) -> list[Facts]:
    """What up to a thousand DIDs are; those that are gone are left out. Raises RemoteUnavailable where one of the rows is odd."""
    rows = _bulk(lake, token, scope, names, "DID_COLUMN")
    try:
        return [_facts(row) for row in rows]
    except ODD as error:
        raise RemoteUnavailable(f"{lake.title} answered with something unexpected: {error}"[:300], service=lake) from None


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
) -> Iterator[str | Unusable]:
    """The names that fit, as they come. An answer that has rows and not one name among them is no listing."""
    plain(lake, scope)
    params: dict[str, Any] = {"type": "collection" if collections else "all", "filters": repr([filters]), "long": "false"}
    if limit:
        params["limit"] = limit
    named, odd = False, False
    for row in _lines(lake, token, "GET", f"/dids/{quote(scope)}/dids/search", params=params):
        found = _name(row)
        named, odd = named or isinstance(found, str), odd or isinstance(found, Unusable)
        yield found
    if odd and not named:
        raise RemoteUnavailable(f"{lake.title} answered with something unexpected.", service=lake)


def _name(row: Any) -> str | Unusable:
    if not isinstance(row, str):
        return Unusable(storable(row.text if isinstance(row, NotJson) else repr(row))[:200], "Rucio lists this, which is no name.")
    if UNSTORABLE.search(row):
        return Unusable(storable(row)[:LONGEST_NAME], "The name holds characters that no database can store.")
    if not 0 < len(row) <= LONGEST_NAME:
        return Unusable(row[:LONGEST_NAME], f"A name has 1 to {LONGEST_NAME} characters; this one has {len(row):,}.")
    return row


def _bulk(
    lake: Service, token: str, scope: str, names: Sequence[str], plugin: str, *, timeout: tuple[float, float] = PATIENCE
) -> list[dict[str, Any]]:
    """A row for each of the names that Rucio knows; raises RemoteUnavailable where it answers with anything else."""
    if not names:
        return []
    plain(lake, scope)
    body = {"dids": [{"scope": scope, "name": name} for name in names], "inherit": False, "plugin": plugin}
    wanted = set(names)
    try:
        rows = [_storable(row) for row in _lines(lake, token, "POST", "/dids/bulkmeta", data=json.dumps(body), timeout=timeout)]
        if all(isinstance(row, dict) and row.get("scope") == scope and row.get("name") in wanted for row in rows):
            return rows
    except (RecursionError, TypeError):  # nested too deep; a name that is a list
        pass
    raise RemoteUnavailable(f"{lake.title} answered with something unexpected.", service=lake)


def _lines(lake: Service, token: str, verb: str, path: str, *, timeout: tuple[float, float] = PATIENCE, **options: Any) -> Iterator[Any]:
    """One value a line, as it was sent; a line that is no JSON comes as NotJson."""
    headers = {"X-Rucio-Auth-Token": token, "Accept": "application/x-json-stream"}
    if verb == "POST":
        headers["Content-Type"] = "application/json"
    with http.stream(lake, verb, path, headers=headers, timeout=timeout, deadline=LONG, raise_5xx=False, **options) as answer:
        if answer.status != 200:
            raise _failure(lake, answer)
        for line in answer.lines():
            if line:
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    yield NotJson(line[:200])


def _failure(lake: Service, answer: http.Stream) -> RemoteRefused:
    """Why Rucio refuses; raises RemoteUnavailable where it fails. Rucio says status 500 also where it refuses a name by its own rule for names."""
    code = str(answer.headers.get("ExceptionClass", ""))
    said = re.sub(r"\s+", " ", str(answer.headers.get("ExceptionMessage", ""))).partition("(psycopg")[0].strip()[:200]
    if code != INVALID:
        raise_for(lake, answer.status, answer.headers)
    if code == "CannotAuthenticate" or not said:
        said = code or f"status {answer.status}"
    return RemoteRefused(f"{lake.title} refused: {said}", service=lake, status=400 if answer.status >= 500 else answer.status, code=code)


def _storable(value: Any) -> Any:
    """The value without what no database can hold; most have nothing of it."""
    if isinstance(value, str):
        return storable(value) if UNSTORABLE.search(value) else value
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(item) for key, item in value.items()}
    return value
