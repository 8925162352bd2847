"""CRIC, the information catalogue of the computing grid: its JSON, read without trust."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from vre_portal import http
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service
from vre_portal.text import storable

MAX_ENTRIES = 5000
logger = logging.getLogger(__name__)
NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")


@dataclass(frozen=True)
class CatalogueEntry:
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
    title = _("The information catalogue")
    return Service(lake.kind, f"{lake.name}-cric", title, address, "", {"ca": lake.options.get("cric_ca") or ""})


def read(source: Service) -> list[CatalogueEntry]:
    """Every entry that can be read, at most MAX_ENTRIES; how many are left out is logged. Raises RemoteError."""
    parts = urlsplit(source.url)
    home = Service(source.kind, source.name, source.title, f"{parts.scheme}://{parts.netloc}", "", source.options)
    reply = http.request(home, "GET", f"{parts.path}{'?' + parts.query if parts.query else ''}", deadline=30)
    if reply.status != 200:
        text = _("%(service)s answered with status %(status)s.") % {"service": source.title, "status": reply.status}
        raise RemoteRefused(text, service=source, status=reply.status)
    document = reply.json()
    if not isinstance(document, dict | list):
        raise RemoteUnavailable(_("%(service)s sent an unexpected answer.") % {"service": source.title}, service=source)
    entries = list(_entries(document))[:MAX_ENTRIES]
    if left := len(document) - len(entries):
        logger.warning("%s: %s of %s entries cannot be read or are too many", source.title, left, len(document))
    return entries


def _entries(document: Any) -> Iterator[CatalogueEntry]:
    rows = document.items() if isinstance(document, dict) else (("", row) for row in document)
    for key, row in rows:
        if not isinstance(row, Mapping):
            continue
        name = str(row.get("rse") or row.get("name") or key)
        if NAME.fullmatch(name):
            yield CatalogueEntry(
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
