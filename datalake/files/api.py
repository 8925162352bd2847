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
from vre_portal import limits
from vre_portal.api.callers import Scope
from vre_portal.api.errors import ApiError, too_often
from vre_portal.api.routes import ERRORS, Bearer, ErrorAnswer, absolute, person_of
from vre_portal.http import RemoteError
from vre_portal.services import Service, ServiceKind, service

router = Router(tags=["Data"], auth=Bearer(Scope.DATA_READ))
PAGE = 1_000
LIMIT = 10_000  # files of one list: the lake sends the whole list for each page
CHECKSUM = "X-Checksum-Adler32"
FILE = "/data/{slug:lake}/{lakepart:scope}/{didname:name}"
BYTES = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "description": "The bytes",  # untranslated: the OpenAPI document
}
PART = {**BYTES, "description": "A range of the bytes"}  # untranslated: the OpenAPI document
ELSEWHERE = {"description": "Where the bytes are"}  # untranslated: the OpenAPI document
SAME = {"description": "The same as `If-None-Match` names"}  # untranslated: the OpenAPI document


def parameter(name: str, text: str, place: str = "query") -> dict[str, Any]:
    """A parameter that the view reads itself, as the OpenAPI document tells of it."""
    return {"in": place, "name": name, "required": False, "description": text, "schema": {"type": "string"}}


ODD_NAME = parameter("name", "The name, where a path cannot carry it; then `-` stands in the path")  # untranslated: the OpenAPI document
OF_BYTES = [
    ODD_NAME,
    parameter("direct", "`1`: be sent to a storage that has the file, if one takes a token for it"),  # untranslated: as code
    parameter("near", "The name of a site: copies near to it are taken first"),  # untranslated: the OpenAPI document
    parameter("Range", "A range of bytes", "header"),  # untranslated: the OpenAPI document
    parameter("If-Range", "The ETag of the file that a range is of", "header"),  # untranslated: the OpenAPI document
    parameter("If-None-Match", "The ETag of a file that is there already", "header"),  # untranslated: the OpenAPI document
]
BYTES_IN_OPENAPI = {"responses": {200: BYTES, 206: PART, 304: SAME, 307: ELSEWHERE}, "parameters": OF_BYTES}


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
    """A page of files. `left_out` counts those that may not be seen or cannot be read; as they have no place, the first page counts all."""

    items: list[FileFacts]
    left_out: int
    next: str | None


# Before the bytes, whose address ends in a name, which may hold anything.
@router.get(
    "/data/{slug:lake}/{lakepart:scope}/{didname:name}/files/", response={200: Files, 413: ErrorAnswer, **ERRORS},
    url_name="data-files", summary="Files of a dataset or container",  # untranslated: the OpenAPI document
    openapi_extra={"parameters": [ODD_NAME]},
)  # fmt: skip
def files(request: HttpRequest, lake: str, scope: str, name: str, after: int = Query(0, ge=0, le=LIMIT)) -> HttpResponseBase:
    """All files in it and in what it contains, up to 1,000 a page; of a file, itself."""
    name = asked_name(name, request.GET.get("name"))

    def answer(reader: LakeReader) -> HttpResponseBase:
        return page_of_files(request, reader, scope, name, after)

    return read(request, lake, scope, f"list the files of {scope}:{name}", answer)


@router.get(
    FILE,
    response={200: Any, 416: ErrorAnswer, **ERRORS},
    url_name="data",
    summary="The bytes of a file",  # untranslated: the OpenAPI document
    openapi_extra=BYTES_IN_OPENAPI,
)
def content(request: HttpRequest, lake: str, scope: str, name: str) -> HttpResponseBase:
    """The file, or a range of it: `Range` and `If-Range` work, and the checksum is in the header X-Checksum-Adler32.

    With `?direct=1` the answer is 307 to a storage that has it, where one takes a token for a single file; otherwise the bytes come from here.
    """
    name = asked_name(name, request.GET.get("name"))
    if wait := limits.seconds_until_allowed("download", request):
        raise too_often(wait)
    if (
        request.method == "GET"
        and request.GET.get("direct") == "1"
        and (elsewhere := redirect_or_none(request, lake_of(lake), scope, name))
    ):
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
    if response.status_code == 416:
        raise beyond_the_end(response)
    return response


def beyond_the_end(response: HttpResponseBase) -> ApiError:
    """416 with the headers that say how long the file is, and which it is."""
    told = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    message, step = _("The file has no bytes in this range."), _("Its size is in the header Content-Range. Ask for a range within it.")
    return ApiError(416, "range", message, next_step=step, headers=told)


def redirect_or_none(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse | None:
    """The same, and None where a service that it needs refuses or does not answer: then the bytes come from here, or the reason."""
    try:
        return redirect(request, lake, scope, name)
    except RemoteError:
        return None


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
        if (did.length or 0) > LIMIT:
            raise too_many()
        answer = reader.fetch_recent(rucio.list_files, scope, name, limit=LIMIT + 1).result
        if answer.error is not None:
            raise answer.error
        inside, left_out = sorted(answer.required(), key=lambda file: (file.scope, file.name)), answer.withheld + len(answer.unreadable)
        if len(inside) + left_out > LIMIT:  # the list was cut, whatever of it may be seen
            raise too_many()
    end = after + PAGE
    page = Files(
        items=[facts_of(reader.lake, file) for file in inside[after:end]],
        left_out=0 if after else left_out,
        next=files_address(reader.lake, scope, name, after=end) if end < len(inside) else None,
    )
    return HttpResponse(page.model_dump_json(), content_type="application/json")


def files_address(lake: Service, scope: str, name: str, *, after: int) -> str:
    """Where a page of the list is."""
    address = absolute(did_address("api:data-files", lake.name, scope, name))
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'after': after})}"


def facts_of(lake: Service, file: rucio.Did) -> FileFacts:
    """A file, and where its bytes are."""
    return FileFacts(
        lake=lake.name, scope=file.scope, name=file.name, bytes=file.bytes, adler32=file.adler32, md5=file.md5,
        url=absolute(did_address("api:data", lake.name, file.scope, file.name)),
    )  # fmt: skip


def too_many() -> ApiError:
    """413: more files than a list has."""
    message = _("This holds more than %(limit)s files, and no list has more.") % {"limit": LIMIT}
    step = _("List the datasets in it one by one, or use a Rucio client.")
    return ApiError(413, "too_many_files", message, next_step=step)
