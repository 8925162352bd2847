"""OAI-PMH 2.0 as Zenodo speaks it: pages of 50, tokens of 120 seconds, errors with status 422."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, tostring

from itsdangerous import BadData, URLSafeTimedSerializer

from devstack.address import RECORDS_URL, secret
from devstack.records.formats import FORMATS, add
from devstack.records.model import Record
from devstack.records.store import records

NAMESPACES = {
    "xmlns": "http://www.openarchives.org/OAI/2.0/",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd",
}
DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"
LISTS = {"ListRecords", "ListIdentifiers"}
VERBS: dict[str, tuple[set[str], set[str]]] = {  # verb -> (required, optional)
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), set()),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    "ListRecords": ({"metadataPrefix"}, {"from", "until", "set"}),
    "ListIdentifiers": ({"metadataPrefix"}, {"from", "until", "set"}),
}
Arguments = dict[str, str]


class OaiError(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message)
        self.code = code


def answer(arguments: Arguments) -> tuple[int, bytes]:
    """Status and document for one request."""
    try:
        root = envelope(arguments)
        verb = checked(arguments)
        HANDLERS[verb](root, arguments)
        return 200, DECLARATION + tostring(root)
    except OaiError as error:
        root = envelope({})  # the request element bears no attributes on an error
        add(root, "error", str(error), code=error.code)
        return 422, tostring(root)  # and the document no declaration


def envelope(arguments: Arguments) -> Element:
    root = Element("OAI-PMH", NAMESPACES)
    add(root, "responseDate", stamp(datetime.now(UTC)))
    request = add(root, "request", f"{RECORDS_URL}/oai2d")
    request.attrib.update(arguments)
    return root


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checked(arguments: Arguments) -> str:
    verb = arguments.get("verb", "")
    if verb not in VERBS:
        raise OaiError("badVerb", "Must be one of: " + ", ".join(VERBS))
    given = set(arguments) - {"verb"}
    if verb in LISTS and "resumptionToken" in given:
        if given != {"resumptionToken"}:
            raise OaiError("badArgument", "resumptionToken is an exclusive argument")
        return verb
    required, optional = VERBS[verb]
    if missing := required - given:
        raise OaiError("badArgument", f"Missing data for required field {sorted(missing)[0]}")
    if extra := given - required - optional:
        raise OaiError("badArgument", f"You have passed too many arguments: {sorted(extra)[0]}")
    if arguments.get("metadataPrefix", "oai_dc") not in FORMATS:
        raise OaiError("badArgument", "metadataPrefix does not exist")
    return verb


def visible() -> list[Record]:
    """Deleted records are gone without a word, as at Zenodo, unless RECORDS_OAI_DELETED says "transient"."""
    return [record for record in records() if not record.deleted or deleted_policy() != "no"]


def deleted_policy() -> str:
    return os.environ.get("RECORDS_OAI_DELETED", "no")


def identify(root: Element, arguments: Arguments) -> None:
    body = add(root, "Identify")
    earliest = min(record.updated for record in records()) if records() else datetime.now(UTC)
    for name, text in {
        "repositoryName": "Demonstration records server",
        "baseURL": f"{RECORDS_URL}/oai2d",
        "protocolVersion": "2.0",
        "adminEmail": "records@vre.example",
        "earliestDatestamp": stamp(earliest),
        "deletedRecord": deleted_policy(),
        "granularity": "YYYY-MM-DDThh:mm:ssZ",
    }.items():
        add(body, name, text)


def one(identifier: str) -> Record:
    for record in visible():
        if record.oai == identifier:
            return record
    raise OaiError("idDoesNotExist", "No matching identifier")


def list_formats(root: Element, arguments: Arguments) -> None:
    if "identifier" in arguments:
        one(arguments["identifier"])
    body = add(root, "ListMetadataFormats")
    for prefix, (_, schema, namespace) in FORMATS.items():
        item = add(body, "metadataFormat")
        add(item, "metadataPrefix", prefix)
        add(item, "schema", schema)
        add(item, "metadataNamespace", namespace)


def list_sets(root: Element, arguments: Arguments) -> None:
    body = add(root, "ListSets")
    for name in sorted({name for record in visible() for name in record.sets}):
        item = add(body, "set")
        add(item, "setSpec", name)
        add(item, "setName", name.removeprefix("user-"))


def get_record(root: Element, arguments: Arguments) -> None:
    write(add(root, "GetRecord"), one(arguments["identifier"]), arguments["metadataPrefix"])


def header(parent: Element, record: Record) -> None:
    element = add(parent, "header")
    if record.deleted:
        element.set("status", "deleted")
    add(element, "identifier", record.oai)
    add(element, "datestamp", stamp(record.updated))
    for name in record.sets:
        add(element, "setSpec", name)


def write(parent: Element, record: Record, prefix: str) -> None:
    element = add(parent, "record")
    header(element, record)
    if not record.deleted:
        add(element, "metadata").append(FORMATS[prefix][0](record))


def moment(text: str, *, end: bool = False) -> datetime:
    """A day or a second; a day as `until` means its end."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise OaiError("badArgument", "Not a valid datetime.") from None
    if len(text) == 10:
        found = found.replace(tzinfo=UTC) + (timedelta(days=1, microseconds=-1) if end else timedelta())
    if found.tzinfo is None:
        raise OaiError("badArgument", "Not a valid datetime.")
    return found


def selected(arguments: Arguments) -> list[Record]:
    found = visible()
    if "set" in arguments:
        found = [record for record in found if arguments["set"] in record.sets]
    if "from" in arguments:
        found = [record for record in found if record.updated >= moment(arguments["from"])]
    if "until" in arguments:
        found = [record for record in found if record.updated.replace(microsecond=0) <= moment(arguments["until"], end=True)]
    if not found:
        raise OaiError("noRecordsMatch")  # an unknown set is this, too, with empty text
    return sorted(found, key=lambda record: record.id)


def tokens() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret("records"), salt="resumption")


def token_seconds() -> int:
    return int(os.environ.get("RECORDS_OAI_TOKEN_SECONDS", "120"))


def resumed(token: str) -> tuple[Arguments, int]:
    try:
        kept: dict[str, Any] = tokens().loads(token, max_age=token_seconds())
    except BadData:
        raise OaiError("badResumptionToken", "The value of the resumptionToken argument is invalid or expired.") from None
    return kept["arguments"], kept["page"]


def list_pages(root: Element, arguments: Arguments) -> None:
    """One page of ListRecords or ListIdentifiers; the last one has no token element at all."""
    verb, page = arguments["verb"], 0
    if "resumptionToken" in arguments:
        arguments, page = resumed(arguments["resumptionToken"])
    size = int(os.environ.get("RECORDS_OAI_PAGE", "50"))
    found = selected(arguments)
    body = add(root, verb)
    for record in found[page * size : (page + 1) * size]:
        if verb == "ListRecords":
            write(body, record, arguments["metadataPrefix"])
        else:
            header(body, record)
    if (page + 1) * size < len(found):
        token = tokens().dumps({"arguments": arguments, "page": page + 1})
        expires = stamp(datetime.now(UTC) + timedelta(seconds=token_seconds()))
        text = token if isinstance(token, str) else token.decode()
        add(body, "resumptionToken", text, expirationDate=expires, cursor=str(page * size), completeListSize=str(len(found)))


HANDLERS = {
    "Identify": identify,
    "ListMetadataFormats": list_formats,
    "ListSets": list_sets,
    "GetRecord": get_record,
    "ListRecords": list_pages,
    "ListIdentifiers": list_pages,
}
