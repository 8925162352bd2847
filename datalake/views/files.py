"""A file's bytes: downloaded through the portal with ranges, and looked at by its preview."""

from collections.abc import Callable, Iterator
from itertools import chain
from urllib.parse import quote

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import quote_etag

from datalake import files, previews, rucio
from datalake.addresses import asked_name, did_address
from datalake.models import PublicDownload
from datalake.public_downloads import ALL, Sending, count
from datalake.ranges import Unsatisfiable, parse
from datalake.reading import Reading
from datalake.scopes import is_public
from datalake.views.shared import distances, lake_page, open_page, page
from vre_portal.limits import client_address, refuse
from vre_portal.services import Service
from vre_portal.slots import NoSlot

# What comes from a user's file runs nothing and reads nothing of the portal, whatever a browser takes it for.
SANDBOX = "sandbox; default-src 'none'"
NO_ROBOTS = "noindex, nofollow"  # who collects pages leaves the lake's bytes alone
RETRY_SECONDS = 20


def file_of(look: Reading, scope: str, name: str) -> rucio.Did:
    """The file as Rucio knows it now, never from memory: who may no longer see it gets nothing."""
    answer = look.ask(rucio.get_did, scope, name).answer
    if answer.error is not None:
        raise answer.error
    found = answer.required()
    if found.type != "FILE":
        raise Http404("Only files have bytes: open the dataset and choose one.")
    return found


def disposition(name: str) -> str:
    """Content-Disposition by RFC 6266: a plain name for old clients, the true one in RFC 5987's spelling."""
    last = name.rstrip("/").rpartition("/")[2] or "file"
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-+ ") else "_" for char in last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"


def tag_of(file: rucio.Did) -> str:
    """A strong tag, for Rucio's files never change; empty where no checksum is known."""
    known = file.adler32 or file.md5
    return quote_etag(f"{known}-{file.bytes}") if known else ""


def harmless(response: HttpResponseBase) -> HttpResponseBase:
    """Headers under which a hostile file stays a file."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Robots-Tag"] = NO_ROBOTS
    return response


@login_not_required
@lake_page
def download(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """The bytes, whole or one range of them; an answer that breaks off is cut short and never looks complete."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"download {scope}:{name}"
    return open_page(request, lake, scope, purpose, lambda look: send(request, look, scope, name), is_remembered=False)


def send(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponseBase:
    """The file, a range of it, or what HTTP has instead."""
    far = distances(request, look)
    file = file_of(look, scope, name)
    look.credentials.bytes_token(file.scope)  # also where no bytes are asked for: they tell no more than the bytes would
    size, tag = file.bytes or 0, tag_of(file)
    if tag and tag in [item.strip() for item in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponse(status=304, headers={"ETag": tag})
    condition = request.headers.get("If-Range")  # a range of a file that is not the one begun with would be a patchwork
    fresh = condition is None or (tag != "" and condition == tag)
    try:
        span = parse(request.headers.get("Range"), size) if fresh and request.method == "GET" else None
    except Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})

    def begin() -> Iterator[bytes]:
        return files.pieces(look.lake, look.credentials, file, span, far())

    kind = PublicDownload.Kind.RANGE if span else PublicDownload.Kind.FILE
    try:
        body = iter(()) if request.method == "HEAD" else begun(request, look, file.scope, kind, begin)
    except NoSlot as full:
        return too_many_at_once(request, full)
    response = StreamingHttpResponse(body, status=206 if span else 200, content_type="application/octet-stream")
    response["Content-Length"] = str(len(span) if span else size)
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = disposition(file.name)
    response["Cache-Control"] = "private, no-cache"
    if tag:
        response["ETag"] = tag
    if span:
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    return harmless(response)


def begun(
    request: HttpRequest, look: Reading, scope: str, kind: PublicDownload.Kind, begin: Callable[[], Iterator[bytes]]
) -> Iterator[bytes]:
    """The body with its first piece read, for what cannot be read at all is still a page with a reason.

    In the portal's name it holds a slot, is bounded and counted; raises NoSlot where too many go on.
    """
    if look.is_personal:
        return with_first(begin())
    sending = Sending(look.lake, scope, kind, reader=counted_as(request))
    try:
        return sending.of(with_first(begin()))
    except BaseException:
        sending.abandon()
        raise


def with_first(body: Iterator[bytes]) -> Iterator[bytes]:
    """The same, once it has begun."""
    return chain([next(body, b"")], body)


def too_many_at_once(request: HttpRequest, full: NoSlot) -> HttpResponse:
    """429: who is here without an account has as many downloads under way as may be, or all such visitors together have."""
    whose = "Many people are" if full.name == ALL else "You are"
    message = f"{whose} downloading without an account at the Data Lake already. Retry when a download has ended, or sign in."
    response = refuse(request, 429, message, retry_after=RETRY_SECONDS)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


@login_not_required
@lake_page
def preview(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """What a file looks like: a fragment, a page, or with `image=` one of its pictures."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"preview {scope}:{name}"
    return open_page(request, lake, scope, purpose, lambda look: show(request, look, scope, name), is_remembered=False)


def show(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponseBase:
    """The preview, made or kept."""
    lake, file = look.lake, file_of(look, scope, name)
    made = previews.make(lake, look.credentials, file, reader=counted_as(request))
    number = request.GET.get("image", "")
    if number:
        return picture(made, number, is_for_all=is_public(lake, file.scope))
    if not look.is_personal:
        count(lake, file.scope, PublicDownload.Kind.PREVIEW)
    address = did_address("preview", lake.name, file.scope, file.name)
    images = f"{address}{'&' if '?' in address else '?'}image="
    context = {
        "did": file,
        "preview": made,
        "parts": [
            (part, previews.html_of(part), f"{images}{number}" if made.is_kept else f"data:image/png;base64,{part['image']}")
            for number, part in enumerate(made.sections)
        ],
        "retry": address,
        "page": did_address("did", lake.name, file.scope, file.name),
        "download": did_address("download", lake.name, file.scope, file.name),
    }
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]  # of which htmx shows an answer with status 200 only
    response = page(request, "preview.html" + ("#body" if is_fragment else ""), look, context)
    response["X-Robots-Tag"] = NO_ROBOTS
    if made.can_retry:
        response["Retry-After"] = "5"
        response.status_code = 200 if is_fragment else 503
    return response


def picture(made: previews.Preview, number: str, *, is_for_all: bool) -> HttpResponseBase:
    """One picture of a preview; a browser shows it by itself only where everybody may see it, for somebody else may sit there next."""
    found = made.picture(int(number) if number.isdecimal() and len(number) < 4 else -1)
    if found is None and made.can_retry:
        return HttpResponse(made.error, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "5"})
    if found is None:
        raise Http404("There is no such picture.")
    kept = "private, max-age=3600" if is_for_all else "private, no-store"
    return harmless(HttpResponse(found, content_type="image/png", headers={"Cache-Control": kept}))


def counted_as(request: HttpRequest) -> str:
    """Who has one place for previews: a person, or everybody at one address without a sign-in."""
    return f"person:{request.user.pk}" if request.user.is_authenticated else f"address:{client_address(request)}"
