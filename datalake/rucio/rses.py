"""Storage elements: where they are, how they are reached, how full they are."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from rucio.common.exception import RSENotFound, RucioException

from datalake.rucio.client import LakeClient, page, plain, sendable, speaking
from datalake.rucio.probing import is_up
from datalake.rucio.types import Protocol, Rse, decimal, moment, whole
from datalake.rucio.unreadable import ODD, each, note
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

MANY = 2000
DETAILED = 40  # three more calls each: beyond this a list shows places only


def list_rses(lake: Service, token: str, *, details: bool = True) -> list[Rse]:
    """All storage elements by name; of a lake with few of them, also what each says about itself."""
    with speaking(lake, token) as client:
        rows = page(client.list_rses(), 0, MANY)
        detailed = details and len(rows) <= DETAILED
        found = list(each(rows, lambda row: _unless_gone(client, row) if detailed else _rse(row, {}, [], [])))
    return sorted((item for item in found if item is not None), key=lambda item: item.name)


def matching(lake: Service, token: str, expression: str) -> list[str]:
    """The names of the storage elements that an expression describes now; none is a refusal of Rucio's, told as none."""
    sendable(lake, "An RSE expression", expression)
    try:
        with speaking(lake, token) as client:
            return sorted(each(page(client.list_rses(expression), 0, MANY), lambda row: str(row["rse"])))
    except RemoteRefused as error:
        if "empty set" not in str(error):
            raise
        return []


def get_rse(lake: Service, token: str, name: str) -> Rse:
    """One storage element with attributes, protocols and usage."""
    plain(lake, name)
    with speaking(lake, token) as client:
        told = [item for item in dict(client.get_rse_limits(name)).items() if item[1] is not None]
        limits = dict(each(told, lambda item: (str(item[0]), int(item[1]))))
        return replace(_complete(client, client.get_rse(name)), limits=limits)


def get_usage(lake: Service, token: str, name: str) -> Rse:
    """How full one storage element is, and nothing else about it."""
    plain(lake, name)
    with speaking(lake, token) as client:
        return _rse({"rse": name}, {}, [], page(client.get_rse_usage(name), 0, MANY))


def list_protocols(lake: Service, token: str, name: str) -> list[Protocol]:
    """The ways to reach one storage element."""
    plain(lake, name)
    with speaking(lake, token) as client:
        return list(each(client.get_protocols(name), _protocol))


def _unless_gone(client: LakeClient, row: dict[str, Any]) -> Rse | None:
    """None for one that was taken away after the list was made; one that Rucio tells no details of is listed without them."""
    try:
        return _complete(client, row)
    except RSENotFound:
        return None
    except (RemoteError, RucioException, *ODD) as error:
        if isinstance(error, RemoteUnavailable) and not is_up(client.lake):
            raise
        note(row, f"Its details cannot be read: {error}")
        return _rse(row, {}, [], [])


def _complete(client: LakeClient, row: dict[str, Any]) -> Rse:
    name = str(row["rse"])
    plain(client.lake, name)
    usage = page(client.get_rse_usage(name), 0, MANY)
    return _rse(row, dict(client.list_rse_attributes(name)), list(client.get_protocols(name)), usage)


def measured(usage: list[dict[str, Any]]) -> tuple[int | None, int | None, datetime | None]:
    """Bytes used, bytes in all where the storage tells them, and since when that is known."""
    sources = {str(item["source"]): item for item in usage}
    found = sources.get("storage") or sources.get("rucio") or {}
    return whole(found.get("used")), whole(found.get("total")) if "storage" in sources else None, moment(found.get("updated_at"))


def _rse(row: dict[str, Any], attributes: dict[str, Any], protocols: list[dict[str, Any]], usage: list[dict[str, Any]]) -> Rse:
    """One storage element; what the storage itself reports counts before what Rucio has summed up."""
    name = str(row["rse"])
    sources = {str(item["source"]): item for item in usage}
    used, total, since = measured(usage)
    return Rse(
        name=name,
        type=str(row.get("rse_type") or ""),
        site=str(attributes.get("site") or ""),
        city=str(row.get("city") or attributes.get("city") or ""),
        country=str(row.get("country_name") or attributes.get("country") or ""),
        latitude=decimal(row.get("latitude") or attributes.get("latitude")),
        longitude=decimal(row.get("longitude") or attributes.get("longitude")),
        readable=bool(row.get("availability_read", True)),
        writable=bool(row.get("availability_write", True)),
        deletable=bool(row.get("availability_delete", True)),
        by_rule=bool(row.get("deterministic", True)),
        used=used,
        total=total,
        files=whole((sources.get("rucio") or sources.get("storage") or {}).get("files")),
        attributes={key: value for key, value in attributes.items() if key != name},
        protocols=tuple(each(protocols, _protocol)),
        measured=since,
    )


def _protocol(item: dict[str, Any]) -> Protocol:
    domains = item.get("domains") or {}
    abroad = domains.get("wan") or {}
    return Protocol(
        scheme=str(item["scheme"]),
        hostname=str(item.get("hostname") or ""),
        port=int(item.get("port") or 0),
        prefix=str(item.get("prefix") or ""),
        reads=bool(abroad.get("read")),
        writes=bool(abroad.get("write")),
        priorities=tuple(
            (str(domain), str(operation).replace("_", " "), int(turn))
            for domain, operations in sorted(domains.items())
            for operation, turn in operations.items()
            if turn
        ),
    )
