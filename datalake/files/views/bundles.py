"""A collection in one piece: as a zip, or as a list of addresses."""

from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files import bundles
from datalake.files.views.downloads import begun, disposition, harmless, too_many_at_once
from datalake.models import PublicDownload
from datalake.pages import metadata_export, nearest
from datalake.pages.addresses import asked_name, did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import distances, open_page
from datalake.pages.rendering import render_page
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import may_see
from datalake.rucio import unreadable
from datalake.rucio.replicas import MAX_FILES, FileCopies, TooManyFiles, iter_file_copies, spool_file_names
from vre_portal.limits import PUBLIC_DOWNLOAD, rate_limited
from vre_portal.services import Service
from vre_portal.slots import NoSlot

METALINK = "application/metalink4+xml"


def collection_of(reader: LakeReader, scope: str, name: str) -> rucio.Did:
    """The collection as Rucio knows it now."""
    answer = reader.fetch(rucio.get_did, scope, name).result
    if answer.error is not None:
        raise answer.error
    collection = answer.required()
    if collection.type == "FILE":
        raise Http404(_("This is a single file. Download it from its page."))
    return collection


@login_not_required
@lake_page
@rate_limited(PUBLIC_DOWNLOAD)
def zip_of(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """All files, not packed. What cannot be read is said in the zip's own list, and by an end that is a broken one."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"download {scope}:{name} as a zip"
    return open_page(request, lake, scope, purpose, lambda reader: send_zip(request, reader, scope, name), is_cached=False)


def send_zip(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponseBase:
    """The zip; without an account at the lake it is bounded in size, too."""
    far, collection = distances(request, reader), collection_of(reader, scope, name)
    if (collection.length or 0) > bundles.MAX_FILES:  # Rucio has counted them already
        return too_many(request, reader, collection, bundles.MAX_FILES, what="zip")
    answer = reader.fetch(rucio.list_files, collection.scope, collection.name, limit=bundles.MAX_FILES + 1).result
    if answer.error is not None:
        raise answer.error
    inside = answer.required()
    if len(inside) > bundles.MAX_FILES:
        return too_many(request, reader, collection, bundles.MAX_FILES, what="zip")
    if not reader.is_personal and sum(file.bytes or 0 for file in inside) > settings.PUBLIC_ZIP_GIGABYTES * bundles.GIGABYTE:
        return too_large(request, reader, collection)

    def begin() -> Iterator[bytes]:
        return bundles.zipped(reader.lake, reader.credentials, collection.scope, inside, far(), answer.unreadable, answer.withheld)

    if request.method == "HEAD":
        return stream_file(iter(()), f"{collection.name}.zip", "application/zip")
    try:
        body = begun(request, reader, collection.scope, PublicDownload.Kind.ZIP, begin)
    except NoSlot as full:
        return too_many_at_once(request, full)
    return stream_file(body, f"{collection.name}.zip", "application/zip")


@login_not_required
@lake_page
@rate_limited(PUBLIC_DOWNLOAD)
def metalink(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """Addresses, sizes and checksums of all files."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"list the download links of {scope}:{name}"
    return open_page(request, lake, scope, purpose, lambda reader: send_metalink(request, reader, scope, name), is_cached=False)


def send_metalink(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponseBase:
    """The list. The storages want a token of the person: without an account the files are to be had from the portal alone."""
    near, collection = nearest.chosen_site(request), collection_of(reader, scope, name)
    sites = reader.fetch(rucio.list_rses).result.value or []
    countries, far = {site.name: site.country for site in sites}, nearest.distances(sites, near) if near else nearest.UNASKED
    try:
        with unreadable.collect_unreadable() as odd:
            names = spool_file_names(reader.lake, reader.credentials.lake_token(), collection.scope, collection.name)
    except TooManyFiles:
        return too_many(request, reader, collection, MAX_FILES, what="list")
    if request.method == "HEAD":
        names.close()
        return stream_file(iter(()), f"{collection.name}.meta4", METALINK)

    def begin() -> Iterator[bytes]:
        withheld = bundles.Withheld(lambda item: may_see(reader.lake, item.file.scope, reader.visitor))
        copies = withheld.without(iter_file_copies(reader.lake, reader.credentials.lake_token, names))
        if not reader.is_personal:
            copies = (at_the_portal(reader.lake, item) for item in copies)
        return bundles.metalink(reader.lake.title, collection.scope, copies, countries, far, len(odd), withheld)

    try:
        body = begun(request, reader, collection.scope, PublicDownload.Kind.METALINK, begin)
    except NoSlot as full:
        names.close()
        return too_many_at_once(request, full)
    return stream_file(body, f"{collection.name}.meta4", METALINK)


def at_the_portal(lake: Service, copies: FileCopies) -> FileCopies:
    """The same file with the portal's address for it."""
    file = copies.file
    address = metadata_export.absolute(did_address("download", lake.name, file.scope, file.name))
    return replace(copies, addresses=(("", address),)) if copies.addresses else copies


def stream_file(body: Iterator[bytes], name: str, media: str) -> HttpResponseBase:
    """A file that is made while it is sent."""
    response = StreamingHttpResponse(body, content_type=media)
    response["Content-Disposition"] = disposition(name)
    response["Cache-Control"] = "private, no-store"
    return harmless(response)


def too_many(request: HttpRequest, reader: LakeReader, collection: rucio.Did, most: int, *, what: str) -> HttpResponse:
    """413: more files than a `what`, "zip" or "list", can have."""
    lake = reader.lake.name
    context = {
        "did": collection,
        "most": most,
        "what": what,
        "page": did_address("did", lake, collection.scope, collection.name),
        "metalink": did_address("metalink", lake, collection.scope, collection.name),
    }
    response = render_page(request, "too_many.html", reader, context)
    response.status_code = 413
    return response


def too_large(request: HttpRequest, reader: LakeReader, collection: rucio.Did) -> HttpResponse:
    """More bytes than one zip has for those without an account at the lake."""
    lake = reader.lake.name
    context = {
        "did": collection,
        "most": settings.PUBLIC_ZIP_GIGABYTES * bundles.GIGABYTE,
        "page": did_address("did", lake, collection.scope, collection.name),
        "metalink": did_address("metalink", lake, collection.scope, collection.name),
    }
    response = render_page(request, "too_large.html", reader, context)
    response.status_code = 413
    return response
