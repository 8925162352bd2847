"""A collection in one piece: as a zip, or as a list of addresses."""

from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from datalake import bundles, linked, nearest, rucio
from datalake.addresses import asked_name, did_address
from datalake.models import PublicDownload
from datalake.reading import Reading
from datalake.rucio import unreadable
from datalake.rucio.copies import MOST_NAMES, Copies, TooManyFiles, each_copy, names_in
from datalake.scopes import may_see
from datalake.views.files import begun, disposition, harmless, too_many_at_once
from datalake.views.shared import distances, lake_page, open_page, page
from vre_portal.services import Service
from vre_portal.slots import NoSlot

METALINK = "application/metalink4+xml"


def collection_of(look: Reading, scope: str, name: str) -> rucio.Did:
    """The collection as Rucio knows it now."""
    answer = look.ask(rucio.get_did, scope, name).answer
    if answer.error is not None:
        raise answer.error
    found = answer.required()
    if found.type == "FILE":
        raise Http404("It is a file: download it as it is.")
    return found


@login_not_required
@lake_page
def zip_of(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """All files, not packed. What cannot be read is said in the zip's own list, and by an end that is a broken one."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"download {scope}:{name} as a zip"
    return open_page(request, lake, scope, purpose, lambda look: send_zip(request, look, scope, name), is_remembered=False)


def send_zip(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponseBase:
    """The zip; without an account at the lake it is bounded in size, too."""
    far, found = distances(request, look), collection_of(look, scope, name)
    if (found.length or 0) > bundles.MOST_FILES:  # Rucio has counted them already
        return too_many(request, look, found, bundles.MOST_FILES, what="zip")
    answer = look.ask(rucio.list_files, found.scope, found.name, limit=bundles.MOST_FILES + 1).answer
    if answer.error is not None:
        raise answer.error
    inside = answer.required()
    if len(inside) > bundles.MOST_FILES:
        return too_many(request, look, found, bundles.MOST_FILES, what="zip")
    if not look.is_personal and sum(file.bytes or 0 for file in inside) > settings.PUBLIC_ZIP_GIGABYTES * bundles.GIGABYTE:
        return too_large(request, look, found)

    def begin() -> Iterator[bytes]:
        return bundles.zipped(look.lake, look.credentials, found.scope, inside, far(), answer.unreadable, answer.withheld)

    if request.method == "HEAD":
        return sent(iter(()), f"{found.name}.zip", "application/zip")
    try:
        body = begun(request, look, found.scope, PublicDownload.Kind.ZIP, begin)
    except NoSlot as full:
        return too_many_at_once(request, full)
    return sent(body, f"{found.name}.zip", "application/zip")


@login_not_required
@lake_page
def metalink(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """Addresses, sizes and checksums of all files."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"list the addresses of {scope}:{name}"
    return open_page(request, lake, scope, purpose, lambda look: send_metalink(request, look, scope, name), is_remembered=False)


def send_metalink(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponseBase:
    """The list. The storages want a token of the person: without an account the files are to be had from the portal alone."""
    near, found = nearest.asked(request), collection_of(look, scope, name)
    sites = look.ask(rucio.list_rses).answer.value or []
    countries, far = {site.name: site.country for site in sites}, nearest.distances(sites, near) if near else nearest.UNASKED
    try:
        with unreadable.collecting() as odd:
            names = names_in(look.lake, look.credentials.lake_token(), found.scope, found.name)
    except TooManyFiles:
        return too_many(request, look, found, MOST_NAMES, what="list of addresses")
    if request.method == "HEAD":
        names.close()
        return sent(iter(()), f"{found.name}.meta4", METALINK)

    def begin() -> Iterator[bytes]:
        withheld = bundles.Withheld(lambda item: may_see(look.lake, item.file.scope, look.visitor))
        copies = withheld.without(each_copy(look.lake, look.credentials.lake_token, names))
        if not look.is_personal:
            copies = (at_the_portal(look.lake, item) for item in copies)
        return bundles.metalink(look.lake.title, found.scope, copies, countries, far, len(odd), withheld)

    try:
        body = begun(request, look, found.scope, PublicDownload.Kind.METALINK, begin)
    except NoSlot as full:
        names.close()
        return too_many_at_once(request, full)
    return sent(body, f"{found.name}.meta4", METALINK)


def at_the_portal(lake: Service, copies: Copies) -> Copies:
    """The same file with the portal's address for it."""
    file = copies.file
    address = linked.absolute(did_address("download", lake.name, file.scope, file.name))
    return replace(copies, addresses=(("", address),)) if copies.addresses else copies


def sent(body: Iterator[bytes], name: str, media: str) -> HttpResponseBase:
    """A file that is made while it is sent."""
    response = StreamingHttpResponse(body, content_type=media)
    response["Content-Disposition"] = disposition(name)
    response["Cache-Control"] = "private, no-store"
    return harmless(response)


def too_many(request: HttpRequest, look: Reading, found: rucio.Did, most: int, *, what: str) -> HttpResponse:
    """More files than one zip or one list takes."""
    lake = look.lake.name
    context = {
        "did": found,
        "most": most,
        "what": what,
        "page": did_address("did", lake, found.scope, found.name),
        "metalink": did_address("metalink", lake, found.scope, found.name),
    }
    response = page(request, "too_many.html", look, context)
    response.status_code = 413
    return response


def too_large(request: HttpRequest, look: Reading, found: rucio.Did) -> HttpResponse:
    """More bytes than one zip has for those without an account at the lake."""
    lake = look.lake.name
    context = {
        "did": found,
        "most": settings.PUBLIC_ZIP_GIGABYTES * bundles.GIGABYTE,
        "page": did_address("did", lake, found.scope, found.name),
        "metalink": did_address("metalink", lake, found.scope, found.name),
    }
    response = page(request, "too_large.html", look, context)
    response.status_code = 413
    return response
