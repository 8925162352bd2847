"""The only door to Zenodo and other InvenioRDM servers: OAI-PMH pages in, frozen records out."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from vre_portal import http, text
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

logger = logging.getLogger(__name__)
OAI = "{http://www.openarchives.org/OAI/2.0/}"
DATACITE = "{http://datacite.org/schema/kernel-4}"
MOST_PAGES = 2000
PAUSES, LONGEST_PAUSE = 3, 60.0
CODE_RELATIONS = ("IsSupplementTo", "IsDerivedFrom", "IsVariantFormOf", "IsCompiledBy", "IsSourceOf", "HasPart")
ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
ZENODO_DOI = re.compile(r"10\.\d{4,9}/zenodo\.(\d{1,18})")
DOI = re.compile(r"10\.\d{4,9}/[!-~]{1,180}")
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?(/\d{4}(-\d\d(-\d\d)?)?)?", re.ASCII)  # EDTF levels that occur
NUMBER = re.compile(r"[A-Za-z0-9_-]{1,60}")  # it becomes part of addresses
Pause = Callable[[float], None]
OTHER_CODING = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8)", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
REFERENCE = re.compile(r"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,9});")


@dataclass(frozen=True)
class Creator:
    """Somebody who made it; `orcid` is empty or well formed."""

    name: str
    orcid: str = ""
    affiliation: str = ""
    organisation: bool = False


@dataclass(frozen=True)
class Record:
    """One version of one thing, as the source describes it. All text is untrusted."""

    identifier: str  # OAI identifier
    number: str
    concept: str
    title: str
    description: str = ""
    doi: str = ""
    concept_doi: str = ""
    creators: tuple[Creator, ...] = ()
    keywords: tuple[str, ...] = ()
    licence: str = ""
    version: str = ""
    resource_type: str = ""
    repository: str = ""
    address: str = ""
    published: str = ""


@dataclass(frozen=True)
class Page:
    """One answer: what is there, what is gone, and the source's own clock."""

    moment: datetime
    records: tuple[Record, ...] = ()
    deleted: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    skipped: tuple[tuple[str, str], ...] = ()  # what could not be read: its name, where it has one, and why


def changes(service: Service, *, since: datetime | None, pause: Pause = time.sleep) -> Iterator[Page]:
    """All pages of what changed since then (or ever); nothing to tell is one page without records."""
    wanted = {"verb": "ListRecords", "metadataPrefix": "oai_datacite"}
    if chosen := service.options.get("set"):
        wanted["set"] = str(chosen)
    if since:
        wanted["from"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for _ in range(MOST_PAGES):
        page = read(service, ask(service, wanted, pause), wanted.get("set") or service.options.get("set"))
        yield page
        if not page.token:
            return
        wanted = {"verb": "ListRecords", "resumptionToken": page.token}
    raise RemoteUnavailable(f"{service.title} has more than {MOST_PAGES} pages to tell.", service=service)


def ask(service: Service, wanted: dict[str, str], pause: Pause) -> Element:
    """One request. Where the source asks for a pause (429, 503), it gets one, a few times; Retry-After on a 200 means nothing."""
    for attempt in range(PAUSES + 1):
        try:
            return parsed(service, http.request(service, "GET", "/oai2d", params=wanted).body)
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
        raise RemoteUnavailable(f"{service.title} answered with something that is not OAI-PMH.", service=service) from None
    if root.tag != f"{OAI}OAI-PMH":
        raise RemoteUnavailable(f"{service.title} answered with something that is not OAI-PMH.", service=service)
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


def read(service: Service, root: Element, wanted_set: object) -> Page:
    """One page. Errors come as XML whatever the status is (Zenodo: 422); noRecordsMatch is an empty page."""
    moment = text.moment(root.findtext(f"{OAI}responseDate") or "") or datetime.now(UTC)
    error = root.find(f"{OAI}error")
    if error is not None:
        code = error.get("code", "")
        if code == "noRecordsMatch":
            return Page(moment)
        raise RemoteRefused(f"{service.title} refused: {text.plain(error.text or code)[:200]}", service=service, code=code)
    records: list[Record] = []
    deleted: list[str] = []
    skipped: list[tuple[str, str]] = []
    for element in root.iter(f"{OAI}record"):
        header = element.find(f"{OAI}header")
        identifier = said(header, f"{OAI}identifier", 200)
        # A source may ignore a set that it does not know and answer with everything it has.
        if header is not None and wanted_set and wanted_set not in [one.text for one in header.iter(f"{OAI}setSpec")]:
            continue
        resource = element.find(f".//{DATACITE}resource")
        if header is None or not NUMBER.fullmatch(identifier.rpartition(":")[2]):
            skipped.append(("", "no identifier that can be used"))
        elif header.get("status") == "deleted":
            deleted.append(identifier)
        elif resource is None:
            skipped.append((identifier, "no description in DataCite's form"))
        else:
            try:
                records.append(record(service, identifier, resource))
            except Exception as error:
                logger.exception("record %s of %s cannot be read", identifier, service.name)
                skipped.append((identifier, type(error).__name__))
    token = root.findtext(f".//{OAI}resumptionToken") or ""
    return Page(moment, tuple(records), tuple(deleted), token.strip(), tuple(skipped))


def said(element: Element | None, path: str, most: int) -> str:
    """The text of a part, made plain, in one line, cut to what we store."""
    found = element.findtext(path) if element is not None else None
    return text.plain(" ".join((found or "").split()))[:most]


def record(service: Service, identifier: str, resource: Element) -> Record:
    number = identifier.rpartition(":")[2]
    doi = next((one.text or "" for one in resource.iter(f"{DATACITE}identifier") if one.get("identifierType") == "DOI"), "")
    concept_doi = next(
        (target for relation, target in relations(resource) if relation == "IsVersionOf" and ZENODO_DOI.fullmatch(target)), ""
    )
    concept = ZENODO_DOI.fullmatch(concept_doi)
    return Record(
        identifier=identifier,
        number=number,
        concept=concept[1] if concept else number,
        title=said(resource, f"{DATACITE}titles/{DATACITE}title", 500) or f"Record {number}",
        description=abstract(resource),
        doi=doi.strip() if DOI.fullmatch(doi.strip()) else "",
        concept_doi=concept_doi,
        creators=tuple(creator(one) for one in resource.findall(f"{DATACITE}creators/{DATACITE}creator")[:500]),
        keywords=keywords(resource),
        licence=licence(resource),
        version=said(resource, f"{DATACITE}version", 100),
        resource_type=kind(resource),
        repository=repository(resource),
        address=f"{service.url}/records/{number}",
        published=issued(resource),
    )


def relations(resource: Element) -> list[tuple[str, str]]:
    found = resource.iter(f"{DATACITE}relatedIdentifier")
    return [(one.get("relationType", ""), (one.text or "").strip()) for one in found]


def repository(resource: Element) -> str:
    """The first web address that a code relation points to; `git+` in front is a habit of codemeta files."""
    addresses = [(relation, target.removeprefix("git+")) for relation, target in relations(resource)]
    for wanted in CODE_RELATIONS:
        for relation, target in addresses:
            if relation == wanted and re.fullmatch(r"https?://[^\s<>\"']{4,480}", target) and "doi.org/" not in target:
                return target
    return ""


def abstract(resource: Element) -> str:
    found = resource.findall(f"{DATACITE}descriptions/{DATACITE}description")
    chosen = [one.text or "" for one in found if one.get("descriptionType") == "Abstract"]
    return chosen[0][:100_000] if chosen else ""


def creator(element: Element) -> Creator:
    scheme = [one.text or "" for one in element.findall(f"{DATACITE}nameIdentifier") if one.get("nameIdentifierScheme") == "ORCID"]
    match = ORCID.search("".join(scheme).replace(" ", ""))
    return Creator(
        name=said(element, f"{DATACITE}creatorName", 300) or "unnamed",
        orcid=match[0] if match else "",
        affiliation=said(element, f"{DATACITE}affiliation", 300),
        organisation=any(one.get("nameType") == "Organizational" for one in element.iter(f"{DATACITE}creatorName")),
    )


def keywords(resource: Element) -> tuple[str, ...]:
    words = (text.plain(" ".join((one.text or "").split()))[:200] for one in resource.iter(f"{DATACITE}subject"))
    return tuple(dict.fromkeys(word for word in words if word))[:100]


def licence(resource: Element) -> str:
    for one in resource.iter(f"{DATACITE}rights"):
        if one.get("rightsIdentifierScheme", "").lower() == "spdx" and one.get("rightsIdentifier"):
            identifier, name = text.plain(one.get("rightsIdentifier", ""))[:100], (one.text or "").strip()
            return name if name.lower() == identifier.lower() else identifier  # Zenodo writes identifiers small
    return ""


def kind(resource: Element) -> str:
    element = resource.find(f"{DATACITE}resourceType")
    return text.plain(element.get("resourceTypeGeneral", "") if element is not None else "").lower()[:60]


def issued(resource: Element) -> str:
    dates = [one.text or "" for one in resource.iter(f"{DATACITE}date") if one.get("dateType") == "Issued"]
    found = dates[0].strip() if dates else said(resource, f"{DATACITE}publicationYear", 30)
    return found if DATE.fullmatch(found) else ""
