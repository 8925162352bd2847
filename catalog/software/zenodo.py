"""Reads records of Zenodo and other InvenioRDM servers by OAI-PMH; the only module that talks to them."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _

from catalog.software.datacite import DATACITE, Record, parse_record, text_at
from vre_portal import http, text
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

logger = logging.getLogger(__name__)
OAI = "{http://www.openarchives.org/OAI/2.0/}"
MOST_PAGES = 2000
PAUSES, LONGEST_PAUSE = 3, 60.0
NUMBER = re.compile(r"[A-Za-z0-9_-]{1,60}")  # it becomes part of addresses
Pause = Callable[[float], None]
OTHER_CODING = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8)", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
REFERENCE = re.compile(r"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,9});")


@dataclass(frozen=True)
class RecordPage:
    """One answer: what is there, what is gone, and the source's own clock."""

    moment: datetime
    records: tuple[Record, ...] = ()
    deleted: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    skipped: tuple[tuple[str, str], ...] = ()  # what could not be read: its name, where it has one, and why


def changes(service: Service, *, since: datetime | None, pause: Pause = time.sleep) -> Iterator[RecordPage]:
    """All pages of what changed since then (or ever); nothing to tell is one page without records."""
    params = {"verb": "ListRecords", "metadataPrefix": "oai_datacite"}
    if chosen := service.options.get("set"):
        params["set"] = str(chosen)
    if since:
        params["from"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for _page in range(MOST_PAGES):
        page = read(service, ask(service, params, pause), params.get("set") or service.options.get("set"))
        yield page
        if not page.token:
            return
        params = {"verb": "ListRecords", "resumptionToken": page.token}
    raise RemoteUnavailable(
        _("%(service)s has more than %(count)s pages.") % {"service": service.title, "count": MOST_PAGES}, service=service
    )


def ask(service: Service, params: dict[str, str], pause: Pause) -> Element:
    """One request. Where the source asks for a pause (429, 503), it gets one, a few times; Retry-After on a 200 means nothing."""
    for attempt in range(PAUSES + 1):
        try:
            return parsed(service, http.request(service, "GET", "/oai2d", params=params).body)
        except RemoteUnavailable as error:
            if error.retry_after is None or attempt == PAUSES:
                raise
            pause(min(error.retry_after, LONGEST_PAUSE))
    raise AssertionError("the loop returns or raises")


def parsed(service: Service, body: bytes) -> Element:
    """The document; entities and external parts are refused. A character that XML may not hold costs only itself."""
    root: Element
    try:
        try:
            root = ElementTree.fromstring(body, forbid_dtd=True)
        except ElementTree.ParseError:
            root = ElementTree.fromstring(tidied(body), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        raise RemoteUnavailable(_("%(service)s did not answer in OAI-PMH format.") % {"service": service.title}, service=service) from None
    if root.tag != f"{OAI}OAI-PMH":
        raise RemoteUnavailable(_("%(service)s did not answer in OAI-PMH format.") % {"service": service.title}, service=service)
    return root


def tidied(body: bytes) -> bytes:
    """The same with U+FFFD for what XML may not hold: control characters and broken ones, which servers copy from people's texts."""
    if OTHER_CODING.match(body):
        return body
    text_of_it = CONTROL.sub("\ufffd", body.decode("utf-8", errors="replace"))
    return REFERENCE.sub(lambda found: found[0] if is_legal(found[1]) else "\ufffd", text_of_it).encode()


def is_legal(reference: str) -> bool:
    """Whether XML may hold the character that a reference such as x1F or 31 means."""
    code = int(reference[1:], 16) if reference.startswith("x") else int(reference)
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def read(service: Service, root: Element, wanted_set: object) -> RecordPage:
    """One page. Errors come as XML whatever the status is (Zenodo: 422); noRecordsMatch is an empty page."""
    moment = text.moment(root.findtext(f"{OAI}responseDate") or "") or datetime.now(UTC)
    error = root.find(f"{OAI}error")
    if error is not None:
        code = error.get("code", "")
        if code == "noRecordsMatch":
            return RecordPage(moment)
        raise RemoteRefused(
            _("%(service)s refused the request: %(reason)s") % {"service": service.title, "reason": text.plain(error.text or code)[:200]},
            service=service,
            code=code,
        )
    records: list[Record] = []
    deleted: list[str] = []
    skipped: list[tuple[str, str]] = []
    for element in root.iter(f"{OAI}record"):
        header = element.find(f"{OAI}header")
        identifier = text_at(header, f"{OAI}identifier", 200)
        # A source may ignore a set that it does not know and answer with everything it has.
        if header is not None and wanted_set and wanted_set not in [one.text for one in header.iter(f"{OAI}setSpec")]:
            continue
        resource = element.find(f".//{DATACITE}resource")
        if header is None or not NUMBER.fullmatch(identifier.rpartition(":")[2]):
            skipped.append(("", _("no usable identifier")))
        elif header.get("status") == "deleted":
            deleted.append(identifier)
        elif resource is None:
            skipped.append((identifier, _("no description in DataCite format")))
        else:
            try:
                records.append(parse_record(service, identifier, resource))
            except Exception as error:
                logger.exception("record %s of %s cannot be read", identifier, service.name)
                skipped.append((identifier, type(error).__name__))
    token = root.findtext(f".//{OAI}resumptionToken") or ""
    return RecordPage(moment, tuple(records), tuple(deleted), token.strip(), tuple(skipped))
