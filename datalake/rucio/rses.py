"""Storage elements: where they are, how they are reached, how full they are."""

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from rucio.common.exception import RSENotFound

from datalake.rucio.client import LakeClient, open_client
from datalake.rucio.paging import first_rows, read_list
from datalake.rucio.replica_check import is_lake_up
from datalake.rucio.types import Protocol, Rse, parse_float, parse_int, parse_time
from datalake.rucio.unreadable import UNREADABLE, collect_row, read_rows
from datalake.rucio.validation import validate_text, validate_token
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

MAX_ROWS = 2000
MAX_DETAILED = 40  # three more calls each: beyond this a list shows places only
DETAIL_THREADS = 8  # of each lake: one after the other, the details of thirty storage elements outlast a page's patience


@cache
def detail_threads(lake: str) -> ThreadPoolExecutor:
    """The threads that ask one lake for details of several storage elements at once."""
    return ThreadPoolExecutor(max_workers=DETAIL_THREADS, thread_name_prefix=f"rses-{lake}")


def list_rses(lake: Service, token: str, *, details: bool = True) -> list[Rse]:
    """All storage elements by name; of a lake with few of them, also what each says about itself."""
    with open_client(lake, token) as client:
        rows = first_rows(client.list_rses(), MAX_ROWS)
        detailed = details and len(rows) <= MAX_DETAILED
        read = _read_details(lake, token, rows) if detailed else lambda row: _rse(row, {}, [], [])
        rses = list(read_rows(rows, read))
    return sorted((rse for rse in rses if rse is not None), key=lambda rse: rse.name)


def list_matching_rses(lake: Service, token: str, expression: str) -> list[str]:
    """The names of the storage elements that an expression describes now; raises RemoteRefused where it is none."""
    validate_text(lake, _("RSE expression"), expression)
    try:
        with open_client(lake, token) as client:
            return sorted(read_list(client.list_rses(expression), MAX_ROWS, lambda row: str(row["rse"])))
    except RemoteRefused as error:
        if "empty set" not in str(error):  # so Rucio says that it describes none
            raise
        return []


def get_rse(lake: Service, token: str, name: str) -> Rse:
    """One storage element with attributes, protocols and usage."""
    validate_token(lake, name)
    with open_client(lake, token) as client:
        set_limits = [item for item in dict(client.get_rse_limits(name)).items() if item[1] is not None]
        limits = dict(read_rows(set_limits, lambda item: (str(item[0]), int(item[1]))))
        return replace(_detailed(client, client.get_rse(name)), limits=limits)


def get_rse_usage(lake: Service, token: str, name: str) -> Rse:
    """How full one storage element is, and nothing else about it."""
    validate_token(lake, name)
    with open_client(lake, token) as client:
        return _rse({"rse": name}, {}, [], first_rows(client.get_rse_usage(name), MAX_ROWS))


def list_protocols(lake: Service, token: str, name: str) -> list[Protocol]:
    """The ways to reach one storage element."""
    validate_token(lake, name)
    with open_client(lake, token) as client:
        return list(read_rows(client.get_protocols(name), _protocol))


def _read_details(lake: Service, token: str, rows: list[dict[str, Any]]) -> Callable[[dict[str, Any]], Rse | None]:
    """Ask for the details of all rows at once; the result is to be called with each row in their order."""
    threads = detail_threads(lake.name)
    pending = iter([threads.submit(contextvars.copy_context().run, _with_details, lake, token, row) for row in rows])
    return lambda _row: next(pending).result()


def _with_details(lake: Service, token: str, row: dict[str, Any]) -> Rse | None:
    """None for one that was taken away after the list was made; one that Rucio tells no details of is listed without them."""
    try:
        with open_client(lake, token) as client:
            return _detailed(client, row)
    except (RemoteError, *UNREADABLE) as error:
        if isinstance(error, RemoteRefused) and error.code == RSENotFound.__name__:
            return None
        if isinstance(error, RemoteUnavailable) and not is_lake_up(lake):
            raise
        collect_row(row, _("The details cannot be read: %(reason)s") % {"reason": error})
        return _rse(row, {}, [], [])


def _detailed(client: LakeClient, row: dict[str, Any]) -> Rse:
    name = str(row["rse"])
    validate_token(client.lake, name)
    usage = first_rows(client.get_rse_usage(name), MAX_ROWS)
    return _rse(row, dict(client.list_rse_attributes(name)), list(client.get_protocols(name)), usage)


def read_usage(usage: list[dict[str, Any]]) -> tuple[int | None, int | None, datetime | None]:
    """Bytes used, bytes in all where the storage tells them, and since when that is known."""
    sources = {str(item["source"]): item for item in usage}
    source = sources.get("storage") or sources.get("rucio") or {}
    return (
        parse_int(source.get("used")),
        parse_int(source.get("total")) if "storage" in sources else None,
        parse_time(source.get("updated_at")),
    )


def _rse(row: dict[str, Any], attributes: dict[str, Any], protocols: list[dict[str, Any]], usage: list[dict[str, Any]]) -> Rse:
    """One storage element; what the storage itself reports counts before what Rucio has summed up."""
    name = str(row["rse"])
    sources = {str(item["source"]): item for item in usage}
    used, total, since = read_usage(usage)
    return Rse(
        name=name,
        type=str(row.get("rse_type") or ""),
        site=str(attributes.get("site") or ""),
        city=str(row.get("city") or attributes.get("city") or ""),
        country=str(row.get("country_name") or attributes.get("country") or ""),
        latitude=parse_float(row.get("latitude") or attributes.get("latitude")),
        longitude=parse_float(row.get("longitude") or attributes.get("longitude")),
        readable=bool(row.get("availability_read", True)),
        writable=bool(row.get("availability_write", True)),
        deletable=bool(row.get("availability_delete", True)),
        by_rule=bool(row.get("deterministic", True)),
        used=used,
        total=total,
        files=parse_int((sources.get("rucio") or sources.get("storage") or {}).get("files")),
        attributes={key: value for key, value in attributes.items() if key != name},
        protocols=tuple(read_rows(protocols, _protocol)),
        measured=since,
    )


def _protocol(item: dict[str, Any]) -> Protocol:
    domains = item.get("domains") or {}
    wan = domains.get("wan") or {}
    return Protocol(
        scheme=str(item["scheme"]),
        hostname=str(item.get("hostname") or ""),
        port=int(item.get("port") or 0),
        prefix=str(item.get("prefix") or ""),
        reads=bool(wan.get("read")),
        writes=bool(wan.get("write")),
        priorities=tuple(
            (str(domain), str(operation).replace("_", " "), int(turn))
            for domain, operations in sorted(domains.items())
            for operation, turn in operations.items()
            if turn
        ),
    )
