"""The metadata formats of OAI-PMH: Dublin Core and DataCite 4."""

from collections.abc import Callable
from html import escape, unescape
from re import sub
from xml.etree.ElementTree import Element, SubElement

from devstack.address import RECORDS_URL
from devstack.records.model import Record

DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DATACITE = "http://datacite.org/schema/kernel-4"
OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"
DATACITE_XSD = "http://schema.datacite.org/meta/kernel-4.5/metadata.xsd"


def add(parent: Element, name: str, text: str | None = None, /, **attributes: str) -> Element:
    child = SubElement(parent, name, attributes)
    child.text = text
    return child


def dublin_core(record: Record) -> Element:
    root = Element("oai_dc:dc", {"xmlns:dc": DC, "xmlns:oai_dc": OAI_DC})
    for creator in record.creators:
        add(root, "dc:creator", creator.name)
    if record.published:
        add(root, "dc:date", record.published)
    add(root, "dc:description", escape(record.description, quote=False))  # the XML writer escapes it once more, as Zenodo does
    for identifier in (f"https://doi.org/{record.doi}" if record.doi else None, record.oai):
        if identifier:
            add(root, "dc:identifier", identifier)
    add(root, "dc:publisher", "Zenodo" if record.doi else "Demonstration records server")
    for community in record.communities:
        add(root, "dc:relation", f"{RECORDS_URL}/communities/{community}/")
    if record.concept_doi:
        add(root, "dc:relation", f"https://doi.org/{record.concept_doi}")
    add(root, "dc:rights", rights_of(record))
    if record.licence:
        add(root, "dc:rights", record.licence)
    for word in record.keywords:
        add(root, "dc:subject", word)
    add(root, "dc:title", record.title)
    add(root, "dc:type", f"info:eu-repo/semantics/{'other' if record.resource_type == 'software' else record.resource_type}")
    return root


def rights_of(record: Record) -> str:
    names = {"open": "open", "restricted": "restricted", "embargoed": "embargoed", "metadata-only": "closed"}
    return f"info:eu-repo/semantics/{names[record.access]}Access"


def datacite(record: Record) -> Element:
    root = Element("resource", {"xmlns": DATACITE, "xsi:schemaLocation": f"{DATACITE} {DATACITE_XSD}"})
    add(add(root, "alternateIdentifiers"), "alternateIdentifier", record.oai, alternateIdentifierType="oai")
    datacite_people(root, record)
    add(add(root, "titles"), "title", record.title)
    add(root, "publisher", "Zenodo" if record.doi else "Demonstration records server")
    add(root, "publicationYear", record.published[:4] if record.published else ":unkn")  # DataCite's word for unknown
    if record.keywords:
        subjects = add(root, "subjects")
        for word in record.keywords:
            add(subjects, "subject", word)
    dates = add(root, "dates")
    if record.published:
        add(dates, "date", record.published, dateType="Issued")
    add(dates, "date", record.updated.date().isoformat(), dateType="Updated")
    add(root, "resourceType", "", resourceTypeGeneral=record.resource_type.capitalize())
    if record.doi:
        add(root, "identifier", record.doi, identifierType="DOI")
    datacite_relations(root, record)
    if record.version:
        add(root, "version", record.version)
    rights = add(root, "rightsList")
    if record.licence:
        add(rights, "rights", record.licence, rightsIdentifierScheme="spdx", rightsIdentifier=record.licence.lower())
    add(rights, "rights", rightsURI=rights_of(record))
    add(add(root, "descriptions"), "description", unescape(sub(r"<[^>]*>", "", record.description)), descriptionType="Abstract")
    return root


def datacite_people(root: Element, record: Record) -> None:
    people = add(root, "creators")
    for creator in record.creators:
        one = add(people, "creator")
        add(one, "creatorName", creator.name, nameType=creator.type.capitalize())
        family, comma, given = creator.name.partition(", ")
        if creator.type == "personal" and comma:
            add(one, "givenName", given)
        if creator.type == "personal":
            add(one, "familyName", family)
        if creator.orcid:
            add(one, "nameIdentifier", creator.orcid, nameIdentifierScheme="ORCID")
        if creator.affiliation:
            add(one, "affiliation", creator.affiliation)


def datacite_relations(root: Element, record: Record) -> None:
    relations = add(root, "relatedIdentifiers")
    if record.repository:
        add(
            relations,
            "relatedIdentifier",
            record.repository,
            relationType="IsSupplementTo",
            resourceTypeGeneral="Software",
            relatedIdentifierType="URL",
        )
    if record.concept_doi:
        add(relations, "relatedIdentifier", record.concept_doi, relationType="IsVersionOf", relatedIdentifierType="DOI")
    for community in record.communities:
        add(relations, "relatedIdentifier", f"{RECORDS_URL}/communities/{community}/", relationType="IsPartOf", relatedIdentifierType="URL")


def oai_datacite(record: Record) -> Element:
    root = Element(
        "oai_datacite", {"xmlns": OAI_DATACITE, "xsi:schemaLocation": f"{OAI_DATACITE} http://schema.datacite.org/oai/oai-1.1/oai.xsd"}
    )
    add(root, "schemaVersion", "4.5")
    add(root, "datacentreSymbol", "CERN.ZENODO")
    add(root, "payload").append(datacite(record))
    return root


# prefix -> (writer, schema, namespace)
FORMATS: dict[str, tuple[Callable[[Record], Element], str, str]] = {
    "oai_dc": (dublin_core, "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", OAI_DC),
    "datacite": (datacite, DATACITE_XSD, DATACITE),
    "oai_datacite": (oai_datacite, "http://schema.datacite.org/oai/oai-1.1/oai.xsd", OAI_DATACITE),
}
