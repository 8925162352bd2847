"""One DID: what it is comes first, and the rest of its page by fragments; or all of it at once."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from datalake.access import restrictions
from datalake.browse.views import did_content, did_history, did_metadata, did_sections, did_uses
from datalake.browse.views.did_documents import as_csv, as_json, as_jsonld, link_header, schema_org
from datalake.browse.views.did_reads import DidReads
from datalake.files import bundles, previews, snippets
from datalake.index.query import read_project
from datalake.operations.presenting import OperationDisplay
from datalake.pages import metadata_export, nearest
from datalake.pages.addresses import asked_name
from datalake.pages.decorators import lake_page
from datalake.pages.readers import open_page
from datalake.pages.rendering import render_page
from datalake.reads import scopes
from datalake.reads.reader import LakeReader
from datalake.rucio.replicas import MAX_FILES
from vre_portal import json_ld
from vre_portal.iam.models import User
from vre_portal.page_head import PageHead
from vre_portal.recent import services as recent
from vre_portal.services import Service

SECTIONS: dict[str, Callable[[HttpRequest, LakeReader, str, str], HttpResponse]] = {
    "content": did_content.content,
    "copies": did_sections.copies,
    "rules": did_sections.rules,
    "metadata": did_metadata.metadata,
    "history": did_history.history,
    "uses": did_uses.uses,
}
DOCUMENTS = {"json": as_json, "jsonld": as_jsonld, "csv": as_csv}


@login_not_required
@lake_page
def did(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """The DID's page, its permanent address, or its data; `part=` is a section of it. What is public needs no sign-in."""
    name = asked_name(name, request.GET.get("name"))
    return open_page(request, lake, scope, f"show {scope}:{name}", lambda reader: respond(request, reader, scope, name))


def respond(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponse:
    """The section, document or page that is asked for; raises RemoteError where the lake does not say what the DID is."""
    section = SECTIONS.get(request.GET.get("part", ""))
    if section is not None:
        return section(request, reader, scope, name)
    changes = did_metadata.under_way(request, reader, scope, name)  # before Rucio is asked: see there
    reads = DidReads(reader, scope, name, rows=did_content.shown_before(request))
    document = DOCUMENTS.get(request.GET.get("format", ""))
    whole = is_whole(request, reader)
    if document or whole:
        reads.begin_everything()
    else:
        reads.begin_identity()
    response = document(request, reads) if document else show_page(request, reads, changes, whole=whole)
    response["Link"] = link_header(reads)
    return response


def is_whole(request: HttpRequest, reader: LakeReader) -> bool:
    """Whether everything stands on the page at once: for who asks so, and for visitors and robots, whose page is read from the cache."""
    return "everything" in request.GET or not reader.is_personal


def show_page(request: HttpRequest, reads: DidReads, changes: list[OperationDisplay], *, whole: bool) -> HttpResponse:
    """The page for people."""
    context = identity_of(reads, whole=whole) | did_metadata.metadata_of(reads, changes)
    subject = {"kind": "did", "service": reads.reader.lake.name, "identifier": str(reads.did), "title": context["title"]}
    first_rows = reads.address(part="content", page="whole", shown=str(did_content.shown_before(request)))
    if project := read_project(request.GET):
        subject["project"] = project  # whose data page led here: offered first
    context |= {"heading": heading_of(reads, context["title"]), "head": head_of(reads, context["title"])}
    context |= {"thing": urlencode(subject), "whole": whole, "first_rows": first_rows}
    if whole:
        context |= did_sections.copies_of(request, reads) | did_sections.rules_of(reads)
        if not context["is_file"]:
            context |= did_content.first_children(request, reads)
    response = render_page(request, "did.html", reads.reader, context)
    nearest.store_choice(request, response, reads.reader.lake)
    if isinstance(request.user, User) and request.method == "GET":
        address = reads.address()
        recent.note(
            request.user, kind="did", service=reads.reader.lake.name, identifier=str(reads.did), title=context["heading"], url=address
        )
    return response


def head_of(reads: DidReads, title: str) -> PageHead | None:
    """What previews of a link show of data that are open to everybody; None for all others."""
    lake, did = reads.reader.lake, reads.did
    if not scopes.is_public(lake, did.scope):
        return None
    words = metadata_export.summary(lake.title, did)
    return PageHead(title=title or did.name, description=f"{title}. {words}" if title else words, path=reads.address("did"))


def heading_of(reads: DidReads, title: str) -> str:
    """What the page calls the DID: its title where that has anything to read, else its name."""
    return title if any(char.isalnum() for char in title) else reads.did.name


def identity_of(reads: DidReads, *, whole: bool) -> dict[str, Any]:
    """What the DID is, where it can be had, and where the sections of its page come from."""
    lake, did = reads.reader.lake, reads.did
    is_file, zip_limit = did.type == "FILE", settings.PUBLIC_ZIP_GIGABYTES * bundles.GIGABYTE
    return {
        "did": did,
        "is_file": is_file,
        "text": str(did),
        "signed_in": reads.reader.is_personal,
        "is_restricted": scopes.is_restricted(lake, did.scope),
        "restriction": restrictions.of_row(lake.name, did.scope),
        "checksums": did_sections.checksums_of(did),
        **{view: reads.address(view) for view in ("download", "zip", "metalink")},
        "zip_is_too_large": not reads.reader.is_personal and (did.bytes or 0) > zip_limit,
        "zip_limit": zip_limit,
        "zip_is_too_small": (did.length or 0) > bundles.MAX_FILES,
        "metalink_is_too_small": (did.length or 0) > MAX_FILES,
        "preview": reads.address("preview") if is_file and previews.kind_of(did.name) else "",
        "commands": snippets.commands(did.scope, did.name, is_file=is_file),
        "python": snippets.code(did.scope, did.name, is_file=is_file),
        "everything": reads.address(everything="1"),
        "parts": {part: reads.address(part=part) for part in ("history", "copies", "rules", "uses")},
        "linked_data": json_ld.in_page(schema_org(reads, whole=whole)),
        "input": urlencode({"lake": lake.name, "did": str(did)}),
    }
