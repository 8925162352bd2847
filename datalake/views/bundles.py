"""A collection in one piece: as a zip, or as a list of addresses."""

import time
from collections.abc import Callable, Iterator
from itertools import chain

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from datalake import bundles, nearest, rucio
from datalake.addresses import asked_name, did_address
from datalake.reading import Reading
from datalake.rucio import unreadable
from datalake.rucio.copies import MOST_NAMES, TooManyFiles, each_copy, names_in
from datalake.scopes import may_see
from datalake.views.files import disposition, harmless
from datalake.views.shared import distances, lake_page, page, reading
from vre_portal.iam import vault
from vre_portal.services import Service

METALINK = "application/metalink4+xml"
TOKEN_SECONDS = 120  # a zip may take hours: its token is asked for anew before it could end


def collection_of(look: Reading, scope: str, name: str) -> rucio.Did:
    """The collection as Rucio knows it now."""
    answer = look.ask(rucio.get_did, scope, name).answer
    if answer.error is not None:
        raise answer.error
    found = answer.required()
    if found.type == "FILE":
        raise Http404("It is a file: download it as it is.")
    return found


def tokens(look: Reading) -> Callable[[], str]:
    """A token that is good now, whenever it is asked for."""
    held, until = look.token, time.monotonic() + TOKEN_SECONDS

    def now() -> str:
        nonlocal held, until
        if time.monotonic() > until:
            held = vault.access_token(look.user, look.lake, purpose="go on with a download")
            until = time.monotonic() + TOKEN_SECONDS
        return held

    return now


@lake_page
def zip_of(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """All files, not packed. What cannot be read is said in the zip's own list, and by an end that is a broken one."""
    look = reading(request, lake, f"download {scope}:{name} as a zip")
    far = distances(request, look)
    found = collection_of(look, scope, asked_name(name, request.GET.get("name")))
    if (found.length or 0) > bundles.MOST_FILES:  # Rucio has counted them already
        return too_many(request, look, found, bundles.MOST_FILES, what="zip")
    answer = look.ask(rucio.list_files, found.scope, found.name, limit=bundles.MOST_FILES + 1).answer
    if answer.error is not None:
        raise answer.error
    inside = answer.required()
    if len(inside) > bundles.MOST_FILES:
        return too_many(request, look, found, bundles.MOST_FILES, what="zip")
    going = request.method != "HEAD"
    body: Iterator[bytes] = bundles.zipped(lake, tokens(look), found.scope, inside, far(), answer.unreadable) if going else iter(())
    return sent(body, f"{found.name}.zip", "application/zip")


@lake_page
def metalink(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """Addresses, sizes and checksums of all files."""
    look, near = reading(request, lake, f"list the addresses of {scope}:{name}"), nearest.asked(request)
    found = collection_of(look, scope, asked_name(name, request.GET.get("name")))
    sites = look.ask(rucio.list_rses).answer.value or []
    countries, far = {site.name: site.country for site in sites}, nearest.distances(sites, near) if near else nearest.UNASKED
    try:
        with unreadable.collecting() as odd:
            names = names_in(lake, look.token, found.scope, found.name)
    except TooManyFiles:
        return too_many(request, look, found, MOST_NAMES, what="list of addresses")
    if request.method == "HEAD":
        names.close()
        return sent(iter(()), f"{found.name}.meta4", METALINK)
    listed = each_copy(lake, tokens(look), names)
    copies = (item for item in listed if may_see(lake, item.file.scope, look.visitor))
    body = bundles.metalink(lake.title, found.scope, copies, countries, far, len(odd))
    first = next(body, b"")  # a lake that does not answer is still a page with a reason
    return sent(chain([first], body), f"{found.name}.meta4", METALINK)


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
