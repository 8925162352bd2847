"""CRIC, the information catalogue of the computing grid: its JSON, read with care."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service
from vre_portal.text import storable

MOST = 5000
logger = logging.getLogger(__name__)
NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")


@dataclass(frozen=True)
class Entry:
    """One storage element as CRIC knows it."""

    rse: str
    site: str = ""
    country: str = ""
    state: str = ""


def catalogue(lake: Service) -> Service | None:
    """The catalogue as a service of its own, with the address that services.toml gives; no token goes there."""
    address = str(lake.options.get("cric_json") or "")
    if not address:
        return None
    return Service(lake.kind, f"{lake.name}-cric", "The information catalogue", address, "", {"ca": lake.options.get("cric_ca") or ""})


def read(source: Service) -> list[Entry]:
    """Every entry that can be understood; how many cannot, or are beyond MOST, is logged."""
    parts = urlsplit(source.url)
    home = Service(source.kind, source.name, source.title, f"{parts.scheme}://{parts.netloc}", "", source.options)
    reply = http.request(home, "GET", f"{parts.path}{'?' + parts.query if parts.query else ''}", deadline=30)
    if reply.status != 200:
        raise RemoteRefused(f"{source.title} answered with status {reply.status}.", service=source, status=reply.status)
    found = reply.json()
    if not isinstance(found, dict | list):
        raise RemoteUnavailable(f"{source.title} answered with something unexpected.", service=source)
    entries = list(_entries(found))[:MOST]
    if left := len(found) - len(entries):
        logger.warning("%s: %s of %s entries cannot be read or are too many", source.title, left, len(found))
    return entries


def _entries(found: Any) -> Iterator[Entry]:
    rows = found.items() if isinstance(found, dict) else (("", row) for row in found)
    for key, row in rows:
        if not isinstance(row, Mapping):
            continue
        name = str(row.get("rse") or row.get("name") or key)
        if NAME.fullmatch(name):
            yield Entry(
                rse=name,
                site=_first(row, "site", "rc_site", "rcsite")[:100],
                country=_first(row, "country", "rc_country", "country_code")[:100],
                state=_first(row, "state", "status")[:40],
            )


def _first(row: Mapping[str, Any], *keys: str) -> str:
    """The first of these that is a word: CRIC names the same in different ways in different places."""
    values = (row.get(key) for key in keys)
    return next((storable(value) for value in values if isinstance(value, str) and value), "")


def link(lake: Service, option: str, *, rse: str, site: str) -> str:
    """An address of the catalogue or of monitoring for people to follow; only https, only what services.toml says."""
    template = str(lake.options.get(option) or "")
    if not template.startswith("https://"):
        return ""
    return template.replace("{rse}", quote(rse, safe="")).replace("{site}", quote(site, safe=""))
