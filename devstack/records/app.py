"""The server's addresses: REST API, OAI-PMH and plain pages."""

import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from devstack.address import HOST, PORTS, RECORDS_URL, secret
from devstack.records import legacy, limits, native, oai, search
from devstack.records.model import Record
from devstack.records.search import Page, Refused
from devstack.records.store import records

app = Flask(__name__)
HOSTS = {f"{HOST}:{PORTS['records']}", f"localhost:{PORTS['records']}"}
SEARCHES = {"find", "community_records", "oai_pmh"}
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "sameorigin",
}


@app.before_request
def guard() -> Response | None:
    """Our own host names only (a page elsewhere could rebind its name to us), and the limits per minute."""
    if request.host not in HOSTS:
        return to_json({"status": 400, "message": "Unknown host."}, 400)
    client = request.remote_addr or ""
    g.allowance = limits.take("guest", client)
    if request.endpoint in SEARCHES:
        closer = limits.take("search", client)
        g.allowance = g.allowance if g.allowance.exceeded else closer
    if g.allowance.exceeded:
        return to_json({"message": f"{g.allowance.limit} per 1 minute", "status": 429}, 429)
    return None


@app.after_request
def head(response: Response) -> Response:
    response.headers.update(SECURITY)
    if "allowance" in g:
        response.headers.update(g.allowance.headers())
    return response


@app.errorhandler(Refused)
def refused(error: Refused) -> Response:
    return to_json(error.body, error.status)


@app.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    status = error.code or 500
    return to_json({"status": status, "message": error.description}, status)


def to_json(body: Any, status: int = 200, kind: str = "application/json") -> Response:
    return Response(json.dumps(body), status, content_type=kind)


def dialect() -> tuple[Callable[[Record], Any], str]:
    """`Accept` decides the shape; anything that is not the native type is the legacy one."""
    if native.MEDIA_TYPE in request.headers.get("Accept", ""):
        return native.record_json, native.MEDIA_TYPE
    return legacy.record_json, "application/json"


def json_only() -> None:
    """The file endpoints know one type and refuse the native one."""
    if request.accept_mimetypes and not request.accept_mimetypes.accept_json:
        raise Refused(406, "Invalid 'Accept' header. Expected one of: application/json")


def member() -> bool:
    return request.headers.get("Authorization") == f"Bearer {secret('records-token')}"


def record_for(number: int) -> Record:
    for record in records():
        if record.id == number:
            return existing(record)
    raise Refused(404, "The persistent identifier does not exist.")


def existing(record: Record) -> Record:
    if record.deleted:
        error = Refused(410, "Record deleted")
        error.body["tombstone"] = {
            "note": "",
            "removed_by": {"user": "system"},
            "removal_date": record.updated.isoformat(),
            "citation_text": f"{record.creators[0].name} ({(record.published or 'n.d.')[:4]}). {record.title}.",
            "is_visible": True,
            "removal_reason": {"id": "retracted"},
        }
        raise error
    return record


def open_record(number: int) -> Record:
    record = record_for(number)
    if record.access in ("restricted", "embargoed"):
        raise Refused(403, "Permission denied.")
    return record


def latest_of(concept: int) -> Record | None:
    return next((record for record in records() if record.concept == concept and record.latest), None)


@app.get("/api/records")
def find() -> Response:
    write, kind = dialect()
    page = Page.of(request.args, member=member(), default_sort="bestmatch", default_size=25)
    found = search.find(request.args)
    body = search.answer(found, page, "/api/records", request.args, write)
    return to_json(body | {"aggregations": search.aggregations(found)}, kind=kind)


@app.get("/api/records/<int:number>")
def show(number: int) -> Any:
    """A concept's number leads to its latest version, and loses the query string on the way."""
    latest = latest_of(number)
    if latest and latest.id != number:
        return redirect(f"{RECORDS_URL}/api/records/{latest.id}", 302)
    write, kind = dialect()
    record = record_for(number)
    response = to_json(write(record), kind=kind)
    response.set_etag(f"{record.updated.timestamp():.0f}", weak=True)
    return response.make_conditional(request)


@app.get("/api/records/<int:number>/versions")
def versions(number: int) -> Response:
    write, kind = dialect()
    page = Page.of(request.args, member=member(), default_sort="version", default_size=25)
    try:
        concept = record_for(number).concept
        found = [record for record in records() if record.concept == concept and not record.deleted]
    except Refused as error:
        if error.status != 410:
            raise
        found = []  # the versions of a deleted record are an empty list, not a 410
    return to_json(search.answer(found, page, f"/api/records/{number}/versions", request.args, write), kind=kind)


@app.get("/api/records/<int:number>/versions/latest")
def latest(number: int) -> Any:
    last = latest_of(record_for(number).concept)
    assert last
    return redirect(f"{RECORDS_URL}/api/records/{last.id}", 301)


@app.get("/api/records/<int:number>/files")
def files(number: int) -> Response:
    json_only()
    return to_json(native.listing(open_record(number)))


@app.get("/api/records/<int:number>/files/<path:key>")
def file(number: int, key: str) -> Response:
    """A file's facts, or with `/content` at the end the file; keys may hold slashes."""
    record = open_record(number)
    wanted = key.removesuffix("/content")
    for one in record.files:
        if one.key == wanted:
            if wanted == key:
                json_only()
                return to_json(native.listed(record, one))
            response = Response(one.content, content_type="application/octet-stream")
            response.headers.set("Content-Disposition", "attachment", filename=one.key.rpartition("/")[2])
            return response
    raise Refused(404, f"Record '{number}' has no file '{wanted}'.")


@app.get("/api/communities/<slug>")
def community(slug: str) -> Response:
    if not any(slug in record.communities for record in records()):
        raise Refused(404, "The persistent identifier does not exist.")
    return to_json(native.community_json(slug))


@app.get("/api/communities/<slug>/records")
def community_records(slug: str) -> Response:
    community(slug)
    write, kind = dialect()
    page = Page.of(request.args, member=member(), default_sort="newest", default_size=25)
    found = search.find(request.args, slug)
    return to_json(search.answer(found, page, f"/api/communities/{slug}/records", request.args, write), kind=kind)


@app.route("/oai2d", methods=["GET", "POST"])
def oai_pmh() -> Response:
    status, document = oai.answer(request.values.to_dict())
    return Response(document, status, content_type="text/xml; charset=utf-8")


@app.get("/")
def landing() -> str:
    return render_template("landing.html", records=[record for record in records() if record.latest and not record.deleted])


@app.get("/records/<int:number>")
def page(number: int) -> Any:
    latest = latest_of(number)
    if latest and latest.id != number:
        return redirect(f"{RECORDS_URL}/records/{latest.id}", 302)
    record = record_for(number)
    others = [one for one in records() if one.concept == record.concept and not one.deleted]
    return render_template("record.html", record=record, versions=others)
