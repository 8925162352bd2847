"""An entry as a reference to cite."""

from catalog.software.models import Entry
from vre_portal.citation_formats import Author, Reference, ReferenceType
from vre_portal.services import ServiceKind, services
from vre_portal.vocabularies import doi, orcid

TYPES = {"software": ReferenceType.SOFTWARE, "dataset": ReferenceType.DATASET}
KEYWORDS = 20


def reference(entry: Entry) -> Reference:
    """What the newest version of an entry says of itself."""
    sources = (item.title for item in services(ServiceKind.ZENODO) if item.name == entry.service)
    return Reference(
        type=TYPES.get(entry.resource_type, ReferenceType.OTHER),
        title=entry.title,
        authors=tuple(_author(creator) for creator in entry.creators),
        date=entry.published.partition("/")[0],
        version=entry.version,
        doi=entry.doi if doi.is_valid(entry.doi) else "",
        url=entry.repository or entry.address,
        repository=entry.repository,
        publisher=next(sources, ""),
        licence=entry.licence,
        keywords=tuple(entry.keywords[:KEYWORDS]),
        fallback_key=f"record{entry.record}",
    )


def _author(creator: dict[str, str]) -> Author:
    if creator.get("organisation"):
        return Author.organisation(creator["name"])
    return Author.person(creator["name"], orcid=orcid.parse(creator.get("orcid", "")), affiliation=creator.get("affiliation", ""))
