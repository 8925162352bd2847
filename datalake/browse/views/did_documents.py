"""A DID for scripts and machines: JSON, its copies as CSV, schema.org, and the links of its page's header."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from datalake.browse.views.did_reads import DidReads
from datalake.pages import metadata_export
from datalake.pages.addresses import did_address
from vre_portal.tables import listing, row, with_exact


def as_json(request: HttpRequest, reads: DidReads) -> HttpResponse:
    """All that is known of it; a part that is not known is null. Raises RemoteError where the DID itself is not known."""
    did, about = reads.did, reads.description.result.value
    replicas, rules, parents = reads.replicas.result.value, reads.rules.result.value, reads.parents.result.value
    lake = reads.reader.lake.name
    return JsonResponse(
        {
            "lake": lake,
            **with_exact(row(did)),
            "guid": about.guid if about else None,
            "created": about.created if about else None,
            "updated": about.updated if about else None,
            "accessed": about.accessed if about else None,
            "metadata": about.metadata if about else None,
            "replicas": None if replicas is None else [row(item) for item in replicas],
            "rules": None if rules is None else [row(item, page=reverse("datalake:rule", args=[lake, item.id])) for item in rules],
            "parents": None if parents is None else [{"scope": item.scope, "name": item.name, "type": item.type} for item in parents],
            "uses": reads.address(part="uses", format="json"),
            "content": None if did.type == "FILE" else reads.address(part="content", format="json"),
        }
    )


def as_csv(request: HttpRequest, reads: DidReads) -> HttpResponse:
    """Its copies; raises RemoteError where they are not known."""
    copies = [row(item) for item in reads.replicas.result.required()]
    return listing(request, copies, following=None, filename="replicas") or HttpResponse(status=406)


def as_jsonld(request: HttpRequest, reads: DidReads) -> HttpResponse:
    """Schema.org's words for it; raises RemoteError where the DID itself is not known."""
    return JsonResponse(schema_org(reads, whole=True), content_type="application/ld+json")


def schema_org(reads: DidReads, *, whole: bool) -> dict[str, Any]:
    """The DID in schema.org's words; with what it is part of and what is inside where the `whole` of it was asked for."""
    lake = reads.reader.lake
    content = reads.content.result.value if whole else None
    parents = (reads.parents.result.value if whole else None) or ()

    def addresses(dids: Any) -> list[str]:
        return [metadata_export.absolute(did_address("did", lake.name, item.scope, item.name)) for item in dids]

    links = addresses_of(reads)
    return metadata_export.dataset(
        lake.title, reads.did, reads.about, links, addresses(parents), addresses(content.rows if content else ())
    )


def addresses_of(reads: DidReads) -> metadata_export.Addresses:
    """Where the DID and its bytes are."""
    views = {"download": "application/octet-stream"}
    if reads.did.type != "FILE":
        views = {"zip": "application/zip", "metalink": "application/metalink4+xml"}
    return metadata_export.Addresses(
        page=metadata_export.absolute(reads.address()),
        data=tuple((metadata_export.absolute(reads.address(view)), media) for view, media in views.items()),
        lake=metadata_export.absolute(reverse("datalake:lake", args=[reads.reader.lake.name])),
    )


def link_header(reads: DidReads) -> str:
    """The signposting links."""
    return metadata_export.signposts(reads.about, addresses_of(reads))
