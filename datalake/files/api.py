"""The bytes of the lakes' files, and which files a dataset holds, as programs read them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.params.functions import Query

from datalake import rucio
from datalake.files import direct
from datalake.files.views.downloads import file_of, send
from datalake.pages import nearest
from datalake.pages.addresses import asked_name, did_address
from datalake.pages.readers import distances, open_page, reader_for
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import require_scope_access
from datalake.rucio.replicas import MAX_FILES
from vre_portal import limits
from vre_portal.api.callers import Scope
from vre_portal.api.errors import ApiError, too_often
from vre_portal.api.routes import ERRORS, Bearer, ErrorAnswer, absolute, person_of
from vre_portal.services import Service, ServiceKind, service

router = Router(tags=["Data"], auth=Bearer(Scope.DATA_READ))
PAGE = 1_000
CHECKSUM = "X-Checksum-Adler32"
FILE = "/data/{slug:lake}/{lakepart:scope}/{didname:name}"
BYTES = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "description": "The bytes",  # untranslated: the OpenAPI document
}
PART = {**BYTES, "description": "A range of the bytes"}  # untranslated: the OpenAPI document
ELSEWHERE = {"description": "Where the bytes are"}  # untranslated: the OpenAPI document
IN_OPENAPI = {"responses": {200: BYTES, 206: PART, 307: ELSEWHERE}}


class FileFacts(Schema):
    """A file; what the lake does not tell is null."""

    lake: str
    scope: str
    name: str
    bytes: int | None
    adler32: str | None
    md5: str | None
    url: str


class Files(Schema):
    """A page of files, and how many are left out because they may not be seen or cannot be read."""

    items: list[FileFacts]
    left_out: int
    next: str | None


# Before the bytes, whose address ends in a name, which may hold anything.
@router.get(
    "/data/{slug:lake}/{lakepart:scope}/{didname:name}/files/", response={200: Files, 413: ErrorAnswer, **ERRORS},
    url_name="data-files", summary="Files of a dataset or container",  # untranslated: the OpenAPI document
)  # fmt: skip
def files(request: HttpRequest, lake: str, scope: str, name: str, after: int = Query(0, ge=0, le=MAX_FILES)) -> HttpResponseBase:
    """All files in it and in what it contains, up to 1,000 a page; of a file, itself."""
    name = asked_name(name, request.GET.get("name"))

    def answer(reader: LakeReader) -> HttpResponseBase:
        return page_of_files(request, reader, scope, name, after)

    return read(request, lake, scope, f"list the files of {scope}:{name}", answer)


@router.get(
    FILE,
    response={200: Any, **ERRORS},
    url_name="data",
    summary="The bytes of a file",  # untranslated: the OpenAPI document
    openapi_extra=IN_OPENAPI,
)
def content(request: HttpRequest, lake: str, scope: str, name: str) -> HttpResponseBase:
    """The file, or a range of it: `Range` and `If-Range` work, and the checksum is in the header X-Checksum-Adler32.

    With `?direct=1` the answer is 307 to a storage that has it, where one takes a token for a single file; otherwise the bytes come from here.
    """
    name = asked_name(name, request.GET.get("name"))
    if wait := limits.seconds_until_allowed("download", request):
        raise too_often(wait)
    if request.method == "GET" and request.GET.get("direct") == "1" and (elsewhere := redirect(request, lake_of(lake), scope, name)):
        return elsewhere
    return read(request, lake, scope, f"download {scope}:{name}", lambda reader: bytes_of(request, reader, scope, name))


@router.api_operation(["HEAD"], FILE, url_name="data", include_in_schema=False)
def head(request: HttpRequest, lake: str, scope: str, name: str) -> HttpResponseBase:
    """Size and checksum without the bytes."""
    return content(request, lake, scope, name)


def lake_of(name: str) -> Service:
    """The lake; raises UnknownService, which programs are told as 404."""
    return service(ServiceKind.RUCIO, name)


def read(request: HttpRequest, lake: str, scope: str, purpose: str, answer: Callable[[LakeReader], HttpResponseBase]) -> HttpResponseBase:
    """What `answer` makes of the reader who may: as on pages the person, and of a public scope the portal where the lake does not know them."""
    found = lake_of(lake)
    require_scope_access(found, scope, person_of(request).groups)
    return open_page(request, found, scope, purpose, answer, is_cached=False)


def bytes_of(request: HttpRequest, reader: LakeReader, scope: str, name: str) -> HttpResponseBase:
    """The bytes with their checksum; raises ApiError where too many downloads are in progress."""
    response = send(request, reader, scope, name)
    if response.status_code == 429:
        raise too_often(int(response.headers["Retry-After"]))
    checksum = response.headers.get("ETag", "").strip('"').partition("-")[0]
    if len(checksum) == len("00000000"):
        response.headers[CHECKSUM] = checksum
    return response


def redirect(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse | None:
    """307 to the nearest copy at a storage that takes a token for this one file; None where there is none."""
    if not direct.doors(lake):
        return None
    require_scope_access(lake, scope, person_of(request).groups)
    reader = reader_for(request, lake, f"download {scope}:{name} directly")
    if reader.refusal is not None:
        return None
    far, copies = distances(request, reader), reader.fetch(rucio.list_replicas, scope, name, type="FILE")
    file = file_of(reader, scope, name)
    offered = direct.targets(lake, copies.result.value or ())
    if not offered:
        return None
    known = far()
    target = min(offered, key=lambda item: nearest.sort_key(item.rse, known))
    purpose = _("download %(file)s from %(rse)s") % {"file": file, "rse": target.rse}
    address = direct.address_with_token(reader.user, lake, target, purpose=purpose)
    headers = {"Location": address, "Referrer-Policy": "no-referrer"}
    return HttpResponse(status=307, headers=headers | ({CHECKSUM: file.adler32} if file.adler32 else {}))


def page_of_files(request: HttpRequest, reader: LakeReader, scope: str, name: str, after: int) -> HttpResponseBase:
    """A page of the list, in the order of the names; the lake is asked for the whole list at most twice a minute."""
    found = reader.fetch(rucio.get_did, scope, name).result
    if found.error is not None:
        raise found.error
    did = found.required()
    inside, left_out = [did], 0
    if did.type != "FILE":
        if (did.length or 0) > MAX_FILES:
            raise too_many()
        answer = reader.fetch_recent(rucio.list_files, scope, name, limit=MAX_FILES + 1).result
        if answer.error is not None:
            raise answer.error
        inside, left_out = sorted(answer.required(), key=lambda file: (file.scope, file.name)), answer.withheld + len(answer.unreadable)
        if len(inside) > MAX_FILES:
            raise too_many()
    end = after + PAGE
    query = {"after": end} | ({"name": name} if "name" in request.GET else {})
    following = f"{absolute(request.path)}?{urlencode(query)}" if end < len(inside) else None
    items = [facts_of(reader.lake, file) for file in inside[after:end]]
    return HttpResponse(Files(items=items, left_out=left_out, next=following).model_dump_json(), content_type="application/json")


def facts_of(lake: Service, file: rucio.Did) -> FileFacts:
    """A file, and where its bytes are."""
    return FileFacts(
        lake=lake.name, scope=file.scope, name=file.name, bytes=file.bytes, adler32=file.adler32, md5=file.md5,
        url=absolute(did_address("api:data", lake.name, file.scope, file.name)),
    )  # fmt: skip


def too_many() -> ApiError:
    """413: more files than a list has."""
    message = _("This holds more than %(limit)s files.") % {"limit": MAX_FILES}
    return ApiError(413, "too_many_files", message, next_step=_("List the datasets in it one by one."))
