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
from django.views.decorators.http import require_http_methods

from datalake.uploads import allowed, receiving, services, spool
from datalake.uploads.forms import metadata_of
from datalake.uploads.models import Upload
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import is_storable

VERSION = "1.0.0"
TYPE = "application/offset+octet-stream"
MOST_HEADER = 16_000
KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")
View = Callable[..., HttpResponse]


class Refused(Exception):
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
                found = service(ServiceKind.RUCIO, lake)
            except UnknownService:
                raise Http404("There is no such Data Lake here.") from None
            if request.method == "OPTIONS":
                response = options()
            elif request.headers.get("Tus-Resumable") != VERSION:
                response = HttpResponse(status=412, headers={"Tus-Version": VERSION})
            else:
                try:
                    response = view(request, found, **kwargs)
                except Refused as refused:
                    response = refusal(request, refused)
            response["Tus-Resumable"] = VERSION
            response["Cache-Control"] = "no-store"
            return response

        return answered

    return around


def options() -> HttpResponse:
    """What this server can."""
    told = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,checksum,expiration,termination",
        "Tus-Max-Size": str(settings.UPLOAD_FILE_BYTES),
        "Tus-Checksum-Algorithm": ",".join(receiving.ALGORITHMS),
    }
    return HttpResponse(status=204, headers=told)


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A short text; where a body is still coming, no more of it is read."""
    if request.method == "PATCH":
        receiving.cut(request.META.get("gunicorn.socket"))
    return HttpResponse(str(refused), status=refused.status, content_type="text/plain; charset=utf-8", headers=refused.headers)


def number(request: HttpRequest, header: str) -> int:
    """A header that is a length."""
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Refused(400, f"{header} has to be a number of bytes.")
    return int(text)


def metadata(request: HttpRequest) -> dict[str, str]:
    """Upload-Metadata: pairs of a key in ASCII, each once, and a value in base64."""
    header, found = request.headers.get("Upload-Metadata", ""), dict[str, str]()
    if len(header) > MOST_HEADER:
        raise Refused(400, "Upload-Metadata is too long.")
    for pair in filter(None, (item.strip() for item in header.split(","))):
        key, _, value = pair.partition(" ")
        if not KEY.fullmatch(key) or key in found:
            raise Refused(400, "Upload-Metadata has to be pairs of a key (letters, digits, _ . -; each once) and a value in base64.")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except ValueError:  # no base64, no ASCII, no UTF-8
            raise Refused(400, "Upload-Metadata has to be base64 of UTF-8.") from None
        if not is_storable(found[key]):
            raise Refused(400, f"Upload-Metadata holds a character that cannot be stored (NUL) in {key}.")
    return found


def facts(upload: Upload) -> dict[str, str]:
    """Where an upload stands; with the Adler-32 so far a sender sees whether it is the same file."""
    told = {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.size), "Upload-Adler32": upload.checksum}
    return {**told, "Upload-State": upload.state, "Upload-Expires": http_date(upload.expires_at.timestamp())}


@speaking_tus("POST")
def files(request: HttpRequest, lake: Service) -> HttpResponse:
    """Create an upload."""
    if request.headers.get("Upload-Defer-Length"):
        raise Refused(400, "The length has to be known from the start.")
    size, told = number(request, "Upload-Length"), metadata(request)
    if not told.get("scope"):
        raise Refused(400, "Upload-Metadata has to name a scope.")
    try:
        wish = services.Wish(
            scope=told.get("scope", ""),
            name=told.get("name") or told.get("filename", ""),
            rse=told.get("rse") or next(iter(allowed.targets(lake)), ""),
            size=size,
            dataset=told.get("dataset", ""),
            expected=told.get("adler32", "")[:8].lower(),
            metadata=metadata_of(told.get("metadata", "")),
        )
        allowed.require(request.user, lake, wish.scope)  # type: ignore[arg-type]
        upload = services.begin(lake, request.user, wish)  # type: ignore[arg-type]
    except services.TooLarge as error:
        raise Refused(413, str(error)) from None
    except ValidationError as error:
        raise Refused(400, " ".join(error.messages)) from None
    except (services.NotTaken, allowed.NotYours) as error:
        raise Refused(400, str(error)) from None
    except services.Already as error:
        raise Refused(409, str(error), Location=error.upload.get_absolute_url()) from None
    except spool.Full as error:
        raise Refused(507, str(error)) from None
    if not upload.size:
        services.whole(upload)
    return HttpResponse(status=201, headers={"Location": upload.get_absolute_url(), **facts(upload)})


@speaking_tus("HEAD", "PATCH", "DELETE")
def file(request: HttpRequest, lake: Service, upload: uuid.UUID) -> HttpResponse:
    """How far an upload is, a part of it, its end."""
    found = Upload.objects.filter(pk=upload, by=request.user, lake=lake.name).first()  # type: ignore[misc]
    if found is None:
        raise Refused(404, "There is no such upload.")
    if request.method == "DELETE":
        receiving.GATE.displace(found.pk, silent=0)
        if not services.cancel(found):
            raise Refused(409, "It is in the lake already, or on its way into it.")
        return HttpResponse(status=204)
    if found.state == Upload.State.RECEIVING and spool.is_busy(found.pk):
        receiving.GATE.displace(found.pk)
        raise Refused(423, "Another connection is sending this file.", **{"Retry-After": "1"})
    if request.method == "PATCH":
        still_allowed(request, lake, found)
        patch(request, found)
    return HttpResponse(status=204 if request.method == "PATCH" else 200, headers=facts(found))


def still_allowed(request: HttpRequest, lake: Service, upload: Upload) -> None:
    """Before each part, by the person's groups as they are: what they may not write any more need not be sent."""
    try:
        allowed.require(request.user, lake, upload.scope)  # type: ignore[arg-type]
    except allowed.NotYours as error:
        raise Refused(403, f"{error} The rest of the file was not taken.") from None
    except RemoteUnavailable:
        return  # the lake is away; it decides in the end


def patch(request: HttpRequest, upload: Upload) -> None:
    """Take a part; whatever ends it early, what came stays."""
    if request.content_type != TYPE:
        raise Refused(415, f"A part is sent as {TYPE}.")
    if not request.headers.get("Content-Length", ""):
        raise Refused(411, "A part has to say how long it is.")
    offset, length = number(request, "Upload-Offset"), number(request, "Content-Length")
    if length > upload.size - offset:
        raise Refused(413, "That is more than was announced.")
    connection = request.META.get("gunicorn.socket")
    try:
        with receiving.GATE.passed(upload.by_id, connection, upload.pk) as sending:
            receiving.receive(upload, request, offset, sending=sending, checksum=checksum(request))
    except receiving.Crowded:
        raise Refused(429, "Too many connections are sending just now.", **{"Retry-After": "2"}) from None
    except spool.Busy:
        raise Refused(423, "Another connection is sending this file.", **{"Retry-After": "2"}) from None
    except receiving.Moved:
        raise Refused(409, "The part does not begin where the file ends.") from None
    except receiving.TooMuch:
        raise Refused(413, "That is more than was announced.") from None
    except receiving.WrongSum:
        raise Refused(460, "The part is not what its checksum says.") from None
    except FileNotFoundError:
        raise Refused(410, "Its bytes are gone. Begin anew.") from None
    except OSError:
        raise Refused(408, "The connection broke off.") from None
    if upload.is_whole:
        services.whole(upload)
        upload.refresh_from_db()


def checksum(request: HttpRequest) -> tuple[str, bytes] | None:
    """Upload-Checksum: an algorithm and base64."""
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    name, _, value = header.partition(" ")
    if name not in receiving.ALGORITHMS:
        raise Refused(400, "This checksum is not known here.")
    try:
        return name, base64.b64decode(value, validate=True)
    except ValueError:  # no base64, no ASCII
        raise Refused(400, "Upload-Checksum has to be base64.") from None
