"""The legacy Zenodo JSON, which `Accept: application/json` (or none) gets."""

from typing import Any
from urllib.parse import quote

from devstack.address import RECORDS_URL
from devstack.records.model import File, Record

RESOURCE_TYPES = {"software": "Software", "dataset": "Dataset", "lesson": "Lesson"}
STATS = ("downloads", "unique_downloads", "views", "unique_views")
Json = dict[str, Any]


def record_json(record: Record) -> Json:
    body: Json = {
        "created": record.created.isoformat(),
        "modified": record.updated.isoformat(),
        "id": record.id,  # an integer here, a string in the native shape
        "conceptrecid": str(record.concept),
    }
    if record.doi:
        body |= {"doi": record.doi, "doi_url": f"https://doi.org/{record.doi}"}
    if record.concept_doi:
        body["conceptdoi"] = record.concept_doi
    return body | {
        "metadata": metadata(record),
        "title": record.title,
        "links": links(record),
        "updated": record.updated.isoformat(),
        "recid": str(record.id),
        "revision": 1,
        "files": [file_json(record, file) for file in record.files] if record.access == "open" else [],
        "swh": {},
        "owners": [{"id": "1"}],
        "status": "published",
        "stats": dict.fromkeys(STATS, 0) | {f"version_{name}": 0 for name in STATS},
        "state": "done",
        "submitted": True,
    }


def metadata(record: Record) -> Json:
    """Only what is known: the real one leaves unknown keys out, too."""
    kind = {"title": RESOURCE_TYPES[record.resource_type], "type": record.resource_type}
    version = {
        "index": record.index - 1,
        "is_last": record.latest,
        "parent": {"pid_type": "recid", "pid_value": str(record.concept)},
    }
    facts: Json = {
        "title": record.title,
        "doi": record.doi,
        "publication_date": record.published,
        "description": record.description,
        "access_right": "closed" if record.access == "metadata-only" else record.access,
        "creators": [creator_json(record, number) for number in range(len(record.creators))],
        "keywords": list(record.keywords),
        "related_identifiers": related(record),
        "version": record.version,
        "resource_type": kind,
        "license": {"id": record.licence.lower()} if record.licence else None,
        "communities": [{"id": name} for name in record.communities],
        "relations": {"version": [version]},
        "notes": record.notes,
    }
    return {key: value for key, value in facts.items() if value}


def creator_json(record: Record, number: int) -> Json:
    creator = record.creators[number]
    body: Json = {"name": creator.name, "affiliation": creator.affiliation}
    return body | ({"orcid": creator.orcid} if creator.orcid else {})


def related(record: Record) -> list[Json]:
    if not record.repository:
        return []
    return [{"identifier": record.repository, "relation": "isSupplementTo", "resource_type": "software", "scheme": "url"}]


def links(record: Record) -> Json:
    api, html = f"{RECORDS_URL}/api/records/{record.id}", f"{RECORDS_URL}/records/{record.id}"
    own = {
        "self": api,
        "self_html": html,
        "parent": f"{RECORDS_URL}/api/records/{record.concept}",
        "parent_html": f"{RECORDS_URL}/records/{record.concept}",
        "files": f"{api}/files",
        "archive": f"{api}/files-archive",
        "latest": f"{api}/versions/latest",
        "latest_html": f"{html}/latest",
        "versions": f"{api}/versions",
    }
    if record.doi:
        own |= {"doi": f"https://doi.org/{record.doi}", "self_doi": f"https://doi.org/{record.doi}"}
    if record.concept_doi:
        own["parent_doi"] = f"https://doi.org/{record.concept_doi}"
    return own


def file_link(record: Record, file: File) -> str:
    return f"{RECORDS_URL}/api/records/{record.id}/files/{quote(file.key)}"


def file_json(record: Record, file: File) -> Json:
    return {
        "id": file.id,
        "key": file.key,
        "size": len(file.content),
        "checksum": file.checksum,
        "links": {"self": f"{file_link(record, file)}/content"},
    }
