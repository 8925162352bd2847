"""Resumable uploads as tus 1.0 has them: creation, checksum, expiration, termination (https://tus.io/protocols/resumable-upload)."""

import base64
import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from datalake.uploads import permissions, receiving, services, spool
from datalake.uploads.forms import metadata_of
from datalake.uploads.models import Upload
from vre_portal.http import RemoteUnavailable
from vre_portal.limits import UPLOAD_PARTS, rate_limited
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.stop_switches.present import ServiceStopped
from vre_portal.text import is_storable

VERSION = "1.0.0"
TYPE = "application/offset+octet-stream"
MAX_HEADER_CHARS = 16_000
KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")
View = Callable[..., HttpResponse]


class TusRefused(Exception):
    """A status and why."""

    def __init__(self, status: int, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status, self.headers = status, headers


def speaking_tus(*methods: str) -> Callable[[View], View]:
    """A view of one lake that speaks tus: versions, and refusals as text."""

    def around(view: View) -> View:
        @require_http_methods([*methods, "OPTIONS"])
        @wraps(view)
        def answered(request: HttpRequest, lake: str, **kwargs: Any) -> HttpResponse:
            try:
                named_lake = service(ServiceKind.RUCIO, lake)
            except UnknownService:
                raise Http404(_("Data Lake not found.")) from None
            if request.method == "OPTIONS":
                response = options()
            elif request.headers.get("Tus-Resumable") != VERSION:
                response = HttpResponse(status=412, headers={"Tus-Version": VERSION})
            else:
                try:
                    response = view(request, named_lake, **kwargs)
                except TusRefused as refused:
                    response = refusal(request, refused)
            response["Tus-Resumable"] = VERSION
            response["Cache-Control"] = "no-store"
            return response

        return answered

    return around


def options() -> HttpResponse:
    """What this server can."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,checksum,expiration,termination",
        "Tus-Max-Size": str(settings.UPLOAD_FILE_BYTES),
        "Tus-Checksum-Algorithm": ",".join(receiving.ALGORITHMS),
    }
    return HttpResponse(status=204, headers=headers)


def refusal(request: HttpRequest, refused: TusRefused) -> HttpResponse:
    """A short text; where a body is still coming, no more of it is read."""
    if request.method == "PATCH":
        receiving.cut(request.META.get("gunicorn.socket"))
    return HttpResponse(str(refused), status=refused.status, content_type="text/plain; charset=utf-8", headers=refused.headers)


def number(request: HttpRequest, header: str) -> int:
    """A header that is a length."""
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise TusRefused(400, _("%(header)s must be a number of bytes.") % {"header": header})
    return int(text)


def metadata(request: HttpRequest) -> dict[str, str]:
    """Upload-Metadata: pairs of a key in ASCII, each once, and a value in base64."""
    header, values = request.headers.get("Upload-Metadata", ""), dict[str, str]()
    if len(header) > MAX_HEADER_CHARS:
        raise TusRefused(400, _("Upload-Metadata is too long."))
    for pair in filter(None, (item.strip() for item in header.split(","))):
        key, _space, value = pair.partition(" ")
        if not KEY.fullmatch(key) or key in values:
            raise TusRefused(400, _("Upload-Metadata must be pairs of a key (letters, digits, _ . -; each once) and a value in base64."))
        try:
            values[key] = base64.b64decode(value, validate=True).decode()
        except ValueError:  # no base64, no ASCII, no UTF-8
            raise TusRefused(400, _("Upload-Metadata must be base64 of UTF-8.")) from None
        if not is_storable(values[key]):
            raise TusRefused(400, _("Upload-Metadata has a character that cannot be stored (NUL) in %(key)s.") % {"key": key})
    return values


def facts(upload: Upload) -> dict[str, str]:
    """Where an upload stands; with the Adler-32 so far a sender sees whether it is the same file."""
    headers = {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.size), "Upload-Adler32": upload.checksum}
    return {**headers, "Upload-State": upload.state, "Upload-Expires": http_date(upload.expires_at.timestamp())}


@speaking_tus("POST")
@rate_limited(UPLOAD_PARTS)
def files(request: HttpRequest, lake: Service) -> HttpResponse:
    """Create an upload."""
    if request.headers.get("Upload-Defer-Length"):
        raise TusRefused(400, _("The length of the file must be known from the start."))
    size, values = number(request, "Upload-Length"), metadata(request)
    if not values.get("scope"):
        raise TusRefused(400, _("Upload-Metadata must have a scope."))
    try:
        wish = services.UploadRequest(
            scope=values.get("scope", ""),
            name=values.get("name") or values.get("filename", ""),
            rse=values.get("rse") or next(iter(permissions.targets(lake)), ""),
            size=size,
            dataset=values.get("dataset", ""),
            expected=values.get("adler32", "")[:8].lower(),
            metadata=metadata_of(values.get("metadata", "")),
        )
        permissions.require(request.user, lake, wish.scope)  # type: ignore[arg-type]
        upload = services.begin(lake, request.user, wish)  # type: ignore[arg-type]
    except services.TooLarge as error:
        raise TusRefused(413, str(error)) from None
    except ValidationError as error:
        raise TusRefused(400, " ".join(error.messages)) from None
    except (services.UploadRejected, permissions.NotYours) as error:
        raise TusRefused(400, str(error)) from None
    except services.AlreadyUploading as error:
        raise TusRefused(409, str(error), Location=error.upload.get_absolute_url()) from None
    except ServiceStopped as stopped:
        raise TusRefused(503, str(stopped), **{"Retry-After": str(int(stopped.retry_after or 60))}) from None
    except spool.Full as error:
        raise TusRefused(507, str(error)) from None
    if not upload.size:
        services.whole(upload)
    return HttpResponse(status=201, headers={"Location": upload.get_absolute_url(), **facts(upload)})


@speaking_tus("HEAD", "PATCH", "DELETE")
def file(request: HttpRequest, lake: Service, upload: uuid.UUID) -> HttpResponse:
    """How far an upload is, a part of it, its end."""
    own_upload = Upload.objects.filter(pk=upload, by=request.user, lake=lake.name).first()  # type: ignore[misc]
    if own_upload is None:
        raise TusRefused(404, _("Upload not found."))
    if request.method == "DELETE":
        receiving.GATE.displace(own_upload.pk, silent=0)
        if not services.cancel(own_upload):
            raise TusRefused(409, _("This upload can no longer be cancelled: the file is in the Data Lake, or being moved there."))
        return HttpResponse(status=204)
    if own_upload.state == Upload.State.RECEIVING and spool.is_busy(own_upload.pk):
        receiving.GATE.displace(own_upload.pk)
        raise TusRefused(423, _("Another connection is uploading this file."), **{"Retry-After": "1"})
    if request.method == "PATCH":
        still_allowed(request, lake, own_upload)
        patch(request, own_upload)
    return HttpResponse(status=204 if request.method == "PATCH" else 200, headers=facts(own_upload))


def still_allowed(request: HttpRequest, lake: Service, upload: Upload) -> None:
    """Before each part, by the person's groups as they are: what they may not write any more need not be sent."""
    try:
        permissions.require(request.user, lake, upload.scope)  # type: ignore[arg-type]
    except permissions.NotYours as error:
        raise TusRefused(403, _("%(reason)s The rest of the file was not accepted.") % {"reason": error}) from None
    except RemoteUnavailable:
        return  # the lake is away; it decides in the end


def patch(request: HttpRequest, upload: Upload) -> None:
    """Take a part; whatever ends it early, what came stays."""
    if request.content_type != TYPE:
        raise TusRefused(415, _("A part must have the content type %(type)s.") % {"type": TYPE})
    if not request.headers.get("Content-Length", ""):
        raise TusRefused(411, _("A part must have a Content-Length."))
    offset, length = number(request, "Upload-Offset"), number(request, "Content-Length")
    if length > upload.size - offset:
        raise TusRefused(413, _("The part is longer than the announced size of the file."))
    connection = request.META.get("gunicorn.socket")
    try:
        with receiving.GATE.passed(upload.by_id, connection, upload.pk) as sending:
            receiving.receive(upload, request, offset, sending=sending, checksum=checksum(request))
    except receiving.TooManySending:
        raise TusRefused(429, _("Too many uploads at the same time. Try again in a moment."), **{"Retry-After": "2"}) from None
    except spool.Busy:
        raise TusRefused(423, _("Another connection is uploading this file."), **{"Retry-After": "2"}) from None
    except receiving.Moved:
        raise TusRefused(409, _("The part does not start where the received bytes end.")) from None
    except receiving.TooMuch:
        raise TusRefused(413, _("The part is longer than the announced size of the file.")) from None
    except receiving.WrongSum:
        raise TusRefused(460, _("The part does not match its checksum.")) from None
    except FileNotFoundError:
        raise TusRefused(410, _("The received bytes are lost. Start the upload again.")) from None
    except OSError:
        raise TusRefused(408, _("The connection was interrupted.")) from None
    if upload.is_whole:
        services.whole(upload)
        upload.refresh_from_db()


def checksum(request: HttpRequest) -> tuple[str, bytes] | None:
    """Upload-Checksum: an algorithm and base64."""
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    name, _space, value = header.partition(" ")
    if name not in receiving.ALGORITHMS:
        raise TusRefused(400, _("This checksum algorithm is not supported."))
    try:
        return name, base64.b64decode(value, validate=True)
    except ValueError:  # no base64, no ASCII
        raise TusRefused(400, _("Upload-Checksum must be base64.")) from None
