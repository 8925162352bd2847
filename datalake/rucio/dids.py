"""Scopes and DIDs: what there is, and what is inside."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from datalake.rucio.client import open_client
from datalake.rucio.paging import MANGLED, MAX_ROWS, first_rows, lower_bound, read_list, read_page, upper_bound
from datalake.rucio.types import Did, ListingPage, OwnedScope, parse_did
from datalake.rucio.unreadable import read_rows
from datalake.rucio.validation import MAX_NAME_CHARS, validate_did, validate_text, validate_token
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service
from vre_portal.text import natural_order

MAX_DIDS = 1000
MOST_IN_ORDER = 1000  # entries of a collection that are all read to put them in order
PROBE_ROWS = 500  # that one question for a part of a scope brings at least
MAX_NARROWINGS = 24
TYPES = ("all", "collection", "container", "dataset", "file")


def whoami(lake: Service, token: str) -> str:
    """The account that the token stands for."""
    with open_client(lake, token) as client:
        answer = client._send_request(f"{lake.url}/accounts/whoami", "GET")
        if answer.status_code not in (301, 302, 303, 307, 308):
            client.raise_refusal(answer)
        return str(answer.headers["Location"]).rstrip("/").rpartition("/")[2]


def list_scopes(lake: Service, token: str) -> list[OwnedScope]:
    """All scopes by name, with their owners."""
    with open_client(lake, token) as client:
        scopes = read_list(client.list_scope_owners(), MAX_ROWS, lambda row: OwnedScope(str(row["scope"]), str(row["account"])))
    return sorted(scopes, key=lambda scope: scope.name)


def _search(lake: Service, token: str, scope: str, filters: dict[str, str], type: str, limit: int) -> tuple[list[Did], bool]:
    """At most `limit` DIDs, in no order, and whether these are all: rucio-clients cannot ask for a limit, the server can."""
    with open_client(lake, token) as client:
        rows = first_rows(client.fetch(f"dids/{scope}/dids/search", type=type, filters=[filters], long="true", limit=limit), limit)
        return list(read_rows(rows, parse_did)), len(rows) < limit


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

    Rucio gives any `limit` of them, in no order. So the range of names is narrowed until all of it fits into one answer:
    one question for most scopes, four or so for a hundred thousand names. Who knows names that lie a little beyond the page says
    them: then it is one question for any scope, or two where these names are not what they were. Names are compared by code point.
    """
    validate_token(lake, scope)
    validate_text(lake, _("Name"), pattern, after or "", max_chars=MAX_NAME_CHARS + 2)  # with a star at both ends
    type = type if type in TYPES else "all"
    probe_rows = max(PROBE_ROWS, 4 * limit)
    filters = {"name": pattern} if pattern and pattern != "*" else {}
    if after:
        filters["name.gt"] = lower_bound(after)
        if MANGLED.search(after):  # Rucio cannot be asked for what is behind this name: it is asked for more
            probe_rows = MAX_ROWS
    guessed_bound = upper_bound([name for name in beyond if not after or name > after], 0)
    if guessed_bound:
        filters["name.lte"] = guessed_bound
    for _round in range(MAX_NARROWINGS):
        rows, is_complete = _search(lake, token, scope, {key: value for key, value in filters.items() if value}, type, probe_rows)
        dids = sorted((did for did in rows if not after or did.name > after), key=lambda did: did.name)
        if is_complete:
            if len(dids) < limit and guessed_bound:  # there are fewer names before that one than was thought: look without it
                guessed_bound = None
                del filters["name.lte"]
                continue
            break
        bound = upper_bound([did.name for did in dids], 2 * limit - 1)
        if bound is None or bound == filters.get("name.lte"):
            probe_rows = MAX_ROWS
        else:
            filters["name.lte"] = bound
    return dids[:limit]


def is_listed(lake: Service, token: str, scope: str, name: str) -> bool:
    """Whether the scope lists a DID of exactly this name."""
    return any(did.name == name for did in list_dids(lake, token, scope, name, limit=2))


def require_did_if_non_ascii(lake: Service, token: str, scope: str, name: str) -> None:
    """Raises RemoteRefused for a name that no DID has and whose refusal Rucio could not tell: its errors travel in a Latin-1 header."""
    validate_did(lake, scope, name)
    if not (scope + name).isascii() and not is_listed(lake, token, scope, name):
        raise RemoteRefused(_("There is no DID of this name in the Data Lake."), service=lake, status=404, code="DataIdentifierNotFound")


def get_did(lake: Service, token: str, scope: str, name: str) -> Did:
    """One DID, for a collection with the sum of what is inside; raises RemoteRefused with status 404 where there is none."""
    validate_did(lake, scope, name)
    try:
        with open_client(lake, token) as client:
            return parse_did(client.get_did(scope, name, dynamic_depth="FILE"))
    except RemoteUnavailable:  # so Rucio answers also where it cannot write its refusal into a header
        if name.isascii() or is_listed(lake, token, scope, name):
            raise
        text = _("DID %(did)s not found.") % {"did": f"{scope}:{name}"}
        raise RemoteRefused(text, service=lake, status=404, code="DataIdentifierNotFound") from None


def list_content(lake: Service, token: str, scope: str, name: str, *, limit: int = MAX_DIDS) -> list[Did]:
    """What is directly inside a collection, ordered as its pages; nothing for a file."""
    return list(list_content_page(lake, token, scope, name, 0, limit).rows)


def list_content_page(lake: Service, token: str, scope: str, name: str, offset: int, limit: int) -> ListingPage[Did]:
    """A page of the same by name: Rucio has no order of its own. Of more than MOST_IN_ORDER entries it is a page as Rucio sends them."""
    validate_did(lake, scope, name)
    is_far = offset > MOST_IN_ORDER
    with open_client(lake, token) as client:
        client.skip = offset if is_far else 0
        rows = first_rows(client.list_content(scope, name), (limit if is_far else max(MOST_IN_ORDER, offset + limit)) + 1)
        if not is_far and len(rows) <= MOST_IN_ORDER:
            return read_page(sorted(rows, key=_by_name)[offset:], limit, parse_did)
        page = read_page(rows if is_far else rows[offset:], limit, parse_did)
    return replace(page, rows=tuple(sorted(page.rows, key=lambda did: natural_order(did.name))), is_in_order=False)


def _by_name(row: Any) -> tuple[list[tuple[int, int, str]], str, str]:
    """A key for rows as they came, which may be anything; names can be the same in two scopes."""
    name, scope = (str(row.get("name", "")), str(row.get("scope", ""))) if isinstance(row, dict) else ("", "")
    return natural_order(name), name, scope


def list_files(lake: Service, token: str, scope: str, name: str, *, limit: int = MAX_DIDS) -> list[Did]:
    """The files inside a collection and all that it contains."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        return read_list(client.list_files(scope, name), limit, lambda row: parse_did({**row, "type": "FILE"}))


def list_parents(lake: Service, token: str, scope: str, name: str, *, limit: int = MAX_DIDS) -> list[Did]:
    """The collections that a DID is in."""
    validate_did(lake, scope, name)
    with open_client(lake, token) as client:
        return read_list(client.list_parent_dids(scope, name), limit, parse_did)
