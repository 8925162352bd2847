"""One record in DataCite's XML, as Zenodo writes it, read into plain values. All text is untrusted."""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from vre_portal import text
from vre_portal.services import Service
from vre_portal.vocabularies import doi, orcid

DATACITE = "{http://datacite.org/schema/kernel-4}"
CODE_RELATIONS = ("IsSupplementTo", "IsDerivedFrom", "IsVariantFormOf", "IsCompiledBy", "IsSourceOf", "HasPart")
ZENODO_DOI = re.compile(r"10\.\d{4,9}/zenodo\.(\d{1,18})")
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?(/\d{4}(-\d\d(-\d\d)?)?)?", re.ASCII)  # EDTF levels that occur


@dataclass(frozen=True)
class Creator:
    """Somebody who made it; `orcid` is empty or valid."""

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


def text_at(element: Element | None, path: str, most: int) -> str:
    """The text of a part, made plain, in one line, cut to what we store."""
    content = element.findtext(path) if element is not None else None
    return text.plain(" ".join((content or "").split()))[:most]


def parse_record(service: Service, identifier: str, resource: Element) -> Record:
    number = identifier.rpartition(":")[2]
    own_doi = next((one.text or "" for one in resource.iter(f"{DATACITE}identifier") if one.get("identifierType") == "DOI"), "")
    concept_doi = next(
        (target for relation, target in relations(resource) if relation == "IsVersionOf" and ZENODO_DOI.fullmatch(target)), ""
    )
    concept = ZENODO_DOI.fullmatch(concept_doi)
    return Record(
        identifier=identifier,
        number=number,
        concept=concept[1] if concept else number,
        title=text_at(resource, f"{DATACITE}titles/{DATACITE}title", 500) or f"Record {number}",
        description=abstract(resource),
        doi=doi.parse(own_doi),
        concept_doi=concept_doi,
        creators=tuple(creator(one) for one in resource.findall(f"{DATACITE}creators/{DATACITE}creator")[:500]),
        keywords=keywords(resource),
        licence=licence(resource),
        version=text_at(resource, f"{DATACITE}version", 100),
        resource_type=kind(resource),
        repository=repository(resource),
        address=f"{service.url}/records/{number}",
        published=issued(resource),
    )


def relations(resource: Element) -> list[tuple[str, str]]:
    elements = resource.iter(f"{DATACITE}relatedIdentifier")
    return [(one.get("relationType", ""), (one.text or "").strip()) for one in elements]


def repository(resource: Element) -> str:
    """The first web address that a code relation points to; `git+` in front is a habit of codemeta files."""
    addresses = [(relation, target.removeprefix("git+")) for relation, target in relations(resource)]
    for wanted in CODE_RELATIONS:
        for relation, target in addresses:
            if relation == wanted and re.fullmatch(r"https?://[^\s<>\"']{4,480}", target) and "doi.org/" not in target:
                return target
    return ""


def abstract(resource: Element) -> str:
    elements = resource.findall(f"{DATACITE}descriptions/{DATACITE}description")
    chosen = [one.text or "" for one in elements if one.get("descriptionType") == "Abstract"]
    return chosen[0][:100_000] if chosen else ""


def creator(element: Element) -> Creator:
    scheme = [one.text or "" for one in element.findall(f"{DATACITE}nameIdentifier") if one.get("nameIdentifierScheme") == "ORCID"]
    match = orcid.PATTERN.search("".join(scheme).replace(" ", ""))
    return Creator(
        name=text_at(element, f"{DATACITE}creatorName", 300) or "unnamed",
        orcid=orcid.parse(match[0]) if match else "",
        affiliation=text_at(element, f"{DATACITE}affiliation", 300),
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
    date = dates[0].strip() if dates else text_at(resource, f"{DATACITE}publicationYear", 30)
    return date if DATE.fullmatch(date) else ""
