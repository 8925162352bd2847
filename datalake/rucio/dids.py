"""Scopes and DIDs: what there is, what is inside, what is said about it."""

from collections.abc import Sequence
from typing import Any

from rucio.common.utils import build_url

from datalake.rucio.bounds import MANGLED, bound, floor
from datalake.rucio.client import LONGEST_NAME, MOST, LakeClient, named, page, plain, sendable, speaking, stretch
from datalake.rucio.types import Did, Scope, Stretch, did
from datalake.rucio.unreadable import each
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

MANY = 1000
PROBE = 500
ROUNDS = 24
TYPES = ("all", "collection", "container", "dataset", "file")
# What Rucio keeps about every DID for its own purposes; the rest was said by people.
SYSTEM = frozenset(
    {
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
    }
)


def whoami(lake: Service, token: str) -> str:
    """The account that the token stands for."""
    with speaking(lake, token) as client:
        answer = client._send_request(f"{lake.url}/accounts/whoami", "GET")
        if answer.status_code not in (301, 302, 303, 307, 308):
            raise_for(client, answer)
        return str(answer.headers["Location"]).rstrip("/").rpartition("/")[2]


def raise_for(client: LakeClient, answer: Any) -> None:
    """What rucio-clients does with a reply that is not a good one."""
    cause, text = client._get_exception(headers=answer.headers, status_code=answer.status_code, data=answer.content)
    raise cause(text)


def list_scopes(lake: Service, token: str) -> list[Scope]:
    """All scopes by name, with their owners."""
    with speaking(lake, token) as client:
        rows = page(each(client.list_scope_owners(), lambda row: Scope(str(row["scope"]), str(row["account"]))), 0, MOST)
    return sorted(rows, key=lambda item: item.name)


def _matching(lake: Service, token: str, scope: str, filters: dict[str, str], kind: str, limit: int) -> tuple[list[Did], bool]:
    """At most `limit` DIDs, in no order, and whether these are all: rucio-clients cannot ask for a limit, the server can."""
    with speaking(lake, token) as client:
        query = {"type": kind, "filters": [filters], "long": "true", "limit": limit}
        answer = client._send_request(build_url(lake.url, path=f"dids/{scope}/dids/search", params=query), "GET")
        if answer.status_code != 200:
            raise_for(client, answer)
        rows = page(client._load_json_data(answer), 0, limit)
        return list(each(rows, did)), len(rows) < limit


def list_dids(
    lake: Service,
    token: str,
    scope: str,
    pattern: str = "*",
    type: str = "all",
    after: str | None = None,
    limit: int = 50,
    beyond: Sequence[str] = (),
) -> list[Did]:
    """The first `limit` DIDs by name after `after`; fewer mean that there are no more.

    Rucio gives any `limit` of them, in no order. So the stretch of names is narrowed until all of it fits into one answer:
    one question for most scopes, four or so for a hundred thousand names. Who knows names that lie a little beyond the page says
    them: then it is one question for any scope, or two where these names are not what they were. Names are compared by code point.
    """
    plain(lake, scope)
    sendable(lake, "A name", pattern, after or "", longest=LONGEST_NAME + 2)  # with a star at both ends
    kind = type if type in TYPES else "all"
    probe = max(PROBE, 4 * limit)
    filters = {"name": pattern} if pattern and pattern != "*" else {}
    if after:
        filters["name.gt"] = floor(after)
        if MANGLED.search(after):  # Rucio cannot be asked for what is behind this name: it is asked for more
            probe = MOST
    believed = bound([name for name in beyond if not after or name > after], 0)
    if believed:
        filters["name.lte"] = believed
    for _ in range(ROUNDS):
        rows, complete = _matching(lake, token, scope, {key: value for key, value in filters.items() if value}, kind, probe)
        found = sorted((item for item in rows if not after or item.name > after), key=lambda item: item.name)
        if complete:
            if len(found) < limit and believed:  # there are fewer names before that one than was thought: look without it
                believed = None
                del filters["name.lte"]
                continue
            break
        end = bound([item.name for item in found], 2 * limit - 1)
        if end is None or end == filters.get("name.lte"):
            probe = MOST
        else:
            filters["name.lte"] = end
    return found[:limit]


def get_did(lake: Service, token: str, scope: str, name: str) -> Did:
    """One DID; for a collection with the sum of what is inside."""
    named(lake, scope, name)
    try:
        with speaking(lake, token) as client:
            return did(client.get_did(scope, name, dynamic_depth="FILE"))
    except RemoteUnavailable:
        # Rucio's refusals travel in a header: of a name outside Latin letters it cannot say that there is none, and fails.
        if name.isascii() or any(item.name == name for item in list_dids(lake, token, scope, name, limit=2)):
            raise
        raise RemoteRefused(
            f"Data identifier '{scope}:{name}' not found", service=lake, status=404, code="DataIdentifierNotFound"
        ) from None


def get_metadata(lake: Service, token: str, scope: str, name: str) -> dict[str, Any]:
    """What people said about a DID, and when it was made and changed."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        raw = client.get_metadata(scope, name, plugin="ALL")
        return {str(key): value for key, value in raw.items() if key not in SYSTEM and value is not None}


def list_content(lake: Service, token: str, scope: str, name: str, *, limit: int = MANY) -> list[Did]:
    """What is directly inside a collection, in Rucio's order; nothing for a file."""
    return list(content_from(lake, token, scope, name, 0, limit).rows)


def content_from(lake: Service, token: str, scope: str, name: str, begin: int, count: int) -> Stretch[Did]:
    """A page of the same, from a place on."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        client.skip = begin
        return stretch(client.list_content(scope, name), count, did)


def list_files(lake: Service, token: str, scope: str, name: str, *, offset: int = 0, limit: int = MANY) -> list[Did]:
    """The files inside a collection and all that it contains."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        client.skip = offset
        rows = page(client.list_files(scope, name), 0, limit)
        return list(each(rows, lambda row: did({**row, "type": "FILE"})))


def list_parents(lake: Service, token: str, scope: str, name: str, *, limit: int = MANY) -> list[Did]:
    """The collections that a DID is in."""
    named(lake, scope, name)
    with speaking(lake, token) as client:
        return list(each(page(client.list_parent_dids(scope, name), 0, limit), did))
