"""The native InvenioRDM JSON, which `Accept: application/vnd.inveniordm.v1+json` gets."""

from typing import Any

from devstack.address import RECORDS_URL
from devstack.records import legacy
from devstack.records.model import Creator, File, Record

Json = dict[str, Any]
MEDIA_TYPE = "application/vnd.inveniordm.v1+json"


def record_json(record: Record) -> Json:
    public = record.access in ("open", "metadata-only")
    return {
        "id": str(record.id),
        "created": record.created.isoformat(),
        "updated": record.updated.isoformat(),
        "links": legacy.links(record),
        "revision_id": 1,
        "parent": parent(record),
        "versions": {"is_latest": record.latest, "index": record.index},
        "is_published": True,
        "is_draft": False,
        "pids": pids(record),
        "metadata": metadata(record),
        "custom_fields": {"code:codeRepository": record.repository} if record.repository else {},
        "access": {
            "record": "public",
            "files": "public" if public else "restricted",
            "embargo": {"active": record.access == "embargoed", "reason": None},
            "status": record.access,
        },
        "files": files(record),
        "media_files": {"enabled": False, "order": [], "count": 0, "total_bytes": 0, "entries": {}},
        "status": "published",
        "deletion_status": {"is_deleted": False, "status": "P"},
        "stats": {name: statistics() for name in ("this_version", "all_versions")},
        "swh": {},
    }


def statistics() -> Json:
    return {"views": 0, "unique_views": 0, "downloads": 0, "unique_downloads": 0, "data_volume": 0.0}


def parent(record: Record) -> Json:
    doi = record.concept_doi
    return {
        "id": str(record.concept),
        "access": {"owned_by": {"user": "1"}},
        "communities": {"ids": list(record.communities), "entries": [community_json(name) for name in record.communities]},
        "pids": {"doi": {"identifier": doi, "provider": "datacite", "client": "datacite"}} if doi else {},
    }


def community_json(slug: str) -> Json:
    return {
        "id": slug,
        "slug": slug,
        "links": {"self": f"{RECORDS_URL}/api/communities/{slug}", "records": f"{RECORDS_URL}/api/communities/{slug}/records"},
        "metadata": {"title": f"{slug} (demonstration)", "type": {"id": "project", "title": {"en": "Project"}}},
        "access": {"visibility": "public", "members_visibility": "public", "member_policy": "closed", "review_policy": "closed"},
    }


def pids(record: Record) -> Json:
    own: Json = {"oai": {"identifier": record.oai, "provider": "oai"}}
    if record.doi:
        own["doi"] = {"identifier": record.doi, "provider": "datacite", "client": "datacite"}
    return own


def metadata(record: Record) -> Json:
    facts: Json = {
        "resource_type": {"id": record.resource_type, "title": {"en": legacy.RESOURCE_TYPES[record.resource_type]}},
        "creators": [creator_json(creator) for creator in record.creators],
        "title": record.title,
        "publisher": "Zenodo" if record.doi else "Demonstration records server",
        "publication_date": record.published,
        "subjects": [{"subject": word} for word in record.keywords],
        "version": record.version,
        "rights": [{"id": record.licence.lower(), "title": {"en": record.licence}}] if record.licence else [],
        "description": record.description,
        "additional_descriptions": [{"description": record.notes, "type": {"id": "notes", "title": {"en": "Notes"}}}],
        "related_identifiers": [
            {
                "identifier": one["identifier"],
                "scheme": "url",
                "relation_type": {"id": "issupplementto", "title": {"en": "Is supplement to"}},
            }
            for one in legacy.related(record)
        ],
    }
    return {key: value for key, value in facts.items() if value}


def creator_json(creator: Creator) -> Json:
    who: Json = {"type": creator.type, "name": creator.name}
    family, _, given = creator.name.partition(", ")
    if creator.type == "personal":
        who |= {"given_name": given, "family_name": family}
    if creator.orcid:
        who["identifiers"] = [{"identifier": creator.orcid, "scheme": "orcid"}]
    return {"person_or_org": who} | ({"affiliations": [{"name": creator.affiliation}]} if creator.affiliation else {})


def files(record: Record) -> Json:
    """Nothing but `enabled` where the files are closed to the asker."""
    if record.access in ("restricted", "embargoed"):
        return {"enabled": True}
    return {
        "enabled": record.access != "metadata-only",
        "order": [],
        "count": len(record.files),
        "total_bytes": sum(len(file.content) for file in record.files),
        "entries": {file.key: entry(record, file) for file in record.files},
    }


def entry(record: Record, file: File) -> Json:
    link = legacy.file_link(record, file)
    return {
        "id": file.id,
        "checksum": file.checksum,
        "ext": file.key.rpartition(".")[2],
        "size": len(file.content),
        "mimetype": file.mimetype,
        "storage_class": "L",
        "key": file.key,
        "metadata": None,
        "access": {"hidden": False},
        "links": {"self": link, "content": f"{link}/content"},
    }


def listing(record: Record) -> Json:
    """The answer of `/files`: its entries are an array, in no dialect an object."""
    link = f"{RECORDS_URL}/api/records/{record.id}"
    return {
        "enabled": record.access != "metadata-only",
        "links": {"self": f"{link}/files", "archive": f"{link}/files-archive"},
        "entries": [listed(record, file) for file in record.files],
        "default_preview": None,
        "order": [],
    }


def listed(record: Record, file: File) -> Json:
    own = entry(record, file)
    return {
        "created": record.created.isoformat(),
        "updated": record.updated.isoformat(),
        "mimetype": file.mimetype,
        "version_id": file.id,
        "file_id": file.id,
        "bucket_id": file.id,
        "transfer": {"type": "L"},
        "status": "completed",
    } | {key: own[key] for key in ("metadata", "access", "links", "key", "checksum", "size", "storage_class")}
