"""A file's bytes: downloaded through the portal with ranges, and looked at by its preview."""

from collections.abc import Callable, Iterator
from itertools import chain
from urllib.parse import quote

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import quote_etag
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.files import previews, streaming
from datalake.files.public_downloads import ALL, PublicSending, count
from datalake.files.ranges import Unsatisfiable, parse
from datalake.models import PublicDownload
from datalake.pages.addresses import asked_name, did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import distances, open_page
from datalake.pages.rendering import render_page
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import is_public
from vre_portal.limits import PUBLIC_DOWNLOAD, client_address, rate_limited, refuse
from vre_portal.services import Service
from vre_portal.slots import NoSlot

# What comes from a user's file runs nothing and reads nothing of the portal, whatever a browser takes it for.
SANDBOX = "sandbox; default-src 'none'"
NO_ROBOTS = "noindex, nofollow"  # who collects pages leaves the lake's bytes alone
RETRY_SECONDS = 20


def file_of(reader: LakeReader, scope: str, name: str) -> rucio.Did:
    """The file as Rucio knows it now, never from memory: who may no longer see it gets nothing."""
    answer = reader.fetch(rucio.get_did, scope, name).result
    if answer.error is not None:
        raise answer.error
    file = answer.required()
    if file.type != "FILE":
        raise Http404(_("This is not a file. Open the dataset and choose a file in it."))
    return file


def disposition(name: str) -> str:
    """Content-Disposition by RFC 6266: a plain name for old clients, the true one in RFC 5987's spelling."""
    last = name.rstrip("/").rpartition("/")[2] or "file"
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-+ ") else "_" for char in last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"


def tag_of(file: rucio.Did) -> str:
    """A strong tag, for Rucio's files never change; empty where no checksum is known."""
    checksum = file.adler32 or file.md5
    return quote_etag(f"{checksum}-{file.bytes}") if checksum else ""


def harmless(response: HttpResponseBase) -> HttpResponseBase:
    """Headers under which a hostile file stays a file."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Robots-Tag"] = NO_ROBOTS
    return response


@login_not_required
@lake_page
@rate_limited(PUBLIC_DOWNLOAD)
def download(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """The bytes, whole or one range of them; an answer that breaks off is cut short and never looks complete."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"download {scope}:{name}"
    return open_page(request, lake, scope, purpose, lambda reader: send(request, reader, scope, name), is_cached=False)


def send(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponseBase:
    """The file, a range of it, or what HTTP has instead."""
    far = distances(request, reader)
    file = file_of(reader, scope, name)
    reader.credentials.bytes_token(file.scope)  # also where no bytes are asked for: they tell no more than the bytes would
    size, tag = file.bytes or 0, tag_of(file)
    if tag and tag in [item.strip() for item in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponse(status=304, headers={"ETag": tag})
    condition = request.headers.get("If-Range")  # a range of a file that is not the one begun with would be a patchwork
    fresh = condition is None or (tag != "" and condition == tag)
    try:
        span = parse(request.headers.get("Range"), size) if fresh and request.method == "GET" else None
    except Unsatisfiable:
        facts = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"} | ({"ETag": tag} if tag else {})
        return HttpResponse(status=416, headers=facts)

    def begin() -> Iterator[bytes]:
        return streaming.pieces(reader.lake, reader.credentials, file, span, far())

    kind = PublicDownload.Kind.RANGE if span else PublicDownload.Kind.FILE
    try:
        body = iter(()) if request.method == "HEAD" else begun(request, reader, file.scope, kind, begin)
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
    request: HttpRequest, reader: LakeReader, scope: str, kind: PublicDownload.Kind, begin: Callable[[], Iterator[bytes]]
) -> Iterator[bytes]:
    """The body after its first piece is read, so that a file that cannot be read raises RemoteError while a page can still be sent.

    Without an account it holds a slot, is bounded and counted; raises NoSlot where too many are in progress.
    """
    if reader.is_personal:
        return with_first(begin())
    sending = PublicSending(reader.lake, scope, kind, reader=counted_as(request))
    try:
        return sending.of(with_first(begin()))
    except BaseException:
        sending.abandon()
        raise


def with_first(body: Iterator[bytes]) -> Iterator[bytes]:
    """The same, once it has begun."""
    return chain([next(body, b"")], body)


def too_many_at_once(request: HttpRequest, full: NoSlot) -> HttpResponse:
    """429: the reader, or all readers without an account together, have too many downloads in progress."""
    if full.name == ALL:
        message = _("Too many people are downloading without a Data Lake account at the moment. Try again later, or sign in.")
    else:
        message = _(
            "You have too many downloads in progress without a Data Lake account. Try again when a download has finished, or sign in."
        )
    response = refuse(request, 429, message, retry_after=RETRY_SECONDS)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


@login_not_required
@lake_page
@rate_limited(PUBLIC_DOWNLOAD)
def preview(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """What a file looks like: a fragment, a page, or with `image=` one of its pictures."""
    name = asked_name(name, request.GET.get("name"))
    purpose = f"preview {scope}:{name}"
    return open_page(request, lake, scope, purpose, lambda reader: show(request, reader, scope, name), is_cached=False)


def show(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponseBase:
    """The preview, made or kept."""
    lake, file = reader.lake, file_of(reader, scope, name)
    made = previews.make(lake, reader.credentials, file, reader=counted_as(request))
    number = request.GET.get("image", "")
    if number:
        return picture(made, number, is_for_all=is_public(lake, file.scope))
    if not reader.is_personal:
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
    response = render_page(request, "preview.html" + ("#body" if is_fragment else ""), reader, context)
    response["X-Robots-Tag"] = NO_ROBOTS
    if made.can_retry:
        response["Retry-After"] = "5"
        response.status_code = 200 if is_fragment else 503
    return response


def picture(made: previews.Preview, number: str, *, is_for_all: bool) -> HttpResponseBase:
    """One picture of a preview; a browser shows it by itself only where everybody may see it, for somebody else may sit there next."""
    image = made.picture(int(number) if number.isdecimal() and len(number) < 4 else -1)
    if image is None and made.can_retry:
        return HttpResponse(made.error, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "5"})
    if image is None:
        raise Http404(_("This preview has no such picture."))
    cache_control = "private, max-age=3600" if is_for_all else "private, no-store"
    return harmless(HttpResponse(image, content_type="image/png", headers={"Cache-Control": cache_control}))


def counted_as(request: HttpRequest) -> str:
    """Who has one place for previews: a person, or everybody at one address without a sign-in."""
    return f"person:{request.user.pk}" if request.user.is_authenticated else f"address:{client_address(request)}"
