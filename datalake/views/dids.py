"""One DID: what it is, what it holds, where its copies are, which rules keep them."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from datalake import previews, rucio
from datalake.addresses import asked_name, did_address, python_code, rucio_command
from datalake.reading import Answer, Reading
from datalake.views.shared import lake_page, page, reading
from vre_portal.services import Service
from vre_portal.tables import listing, row
from vre_portal.text import moment

PAGE = 50
MANY = 200  # parents and rules that are shown


class Parts:
    """Everything about one DID, asked at once; each part has its own fate."""

    def __init__(self, look: Reading, scope: str, name: str) -> None:
        self._look = look
        facts = look.ask(rucio.get_did, scope, name)
        self.metadata = look.ask(rucio.get_metadata, scope, name)
        self.rules = look.ask(rucio.list_rules, scope, name, limit=MANY)
        self.parents = look.ask(rucio.list_parents, scope, name, limit=MANY)
        self.rses = look.ask(rucio.list_rses)
        self.inside = look.ask(rucio.list_content, scope, name, offset=0, limit=PAGE + 1)
        self.did = facts.answer.required()
        self.replicas = look.ask(rucio.list_replicas, scope, name, type=self.did.type)


def address_of(view: str, lake: Service, did: rucio.Did) -> str:
    return did_address(view, lake.name, did.scope, did.name)


@lake_page
def did(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """The DID's page, or as data; `part=content` is the next piece of what it holds."""
    name = asked_name(name, request.GET.get("name"))
    look = reading(request, lake, f"show {scope}:{name}")
    if request.GET.get("part") == "content":
        return content(request, look, scope, name)
    parts = Parts(look, scope, name)
    if request.GET.get("format") == "json":
        return as_object(look, parts)
    if request.GET.get("format") == "csv":
        copies = [row(item) for item in parts.replicas.answer.required()]
        return listing(request, copies, following=None, filename="replicas") or HttpResponse(status=406)
    return whole(request, look, parts)


def whole(request: HttpRequest, look: Reading, parts: Parts) -> HttpResponse:
    """The page for people."""
    lake, found = look.lake, parts.did
    is_file = found.type == "FILE"
    context = {
        "did": found,
        "is_file": is_file,
        "text": str(found),
        "download": address_of("download", lake, found) if is_file else "",
        "preview": address_of("preview", lake, found) if is_file and previews.kind_of(found.name) else "",
        "command": rucio_command(found.scope, found.name),
        "python": python_code(found.scope, found.name),
        "parents": [(item, address_of("did", lake, item)) for item in parts.parents.answer.value or ()],
        "rules": [(item, item.locks_ok + item.locks_replicating + item.locks_stuck) for item in parts.rules.answer.value or ()],
        "rules_known": parts.rules.answer.known,
        **described(parts),
        **copies_of(parts),
    }
    if not is_file:
        context |= children(look, found.scope, found.name, 0, parts.inside.answer)
    return page(request, "did.html", look, context)


def copies_of(parts: Parts) -> dict[str, Any]:
    """The copies, each with its site."""
    sites = {item.name: item for item in parts.rses.answer.value or ()}
    answer = parts.replicas.answer
    return {"copies": [(item, sites.get(item.rse)) for item in answer.value or ()], "copies_known": answer.known}


def described(parts: Parts) -> dict[str, Any]:
    """What people said about the DID, apart from the times that Rucio keeps; its title if somebody gave one."""
    answer = parts.metadata.answer
    raw = answer.value or {}
    times = [("Made", moment(raw.get("created_at"))), ("Changed", moment(raw.get("updated_at"))), ("Until", parts.did.expires)]
    said = {key: value for key, value in raw.items() if key not in ("created_at", "updated_at")}
    return {
        "metadata": sorted(said.items()),
        "metadata_known": answer.known,
        "times": [item for item in times if item[1] is not None],
        "title": str(said.get("title") or "")[:300],
    }


def as_object(look: Reading, parts: Parts) -> JsonResponse:
    """The DID for scripts; a part that is not known is null."""
    lake, found = look.lake, parts.did
    replicas, rules, parents = parts.replicas.answer.value, parts.rules.answer.value, parts.parents.answer.value
    return JsonResponse(
        {
            "lake": lake.name,
            **row(found),
            "metadata": parts.metadata.answer.value,
            "replicas": None if replicas is None else [row(item) for item in replicas],
            "rules": None if rules is None else [row(item, page=reverse("datalake:rule", args=[lake.name, item.id])) for item in rules],
            "parents": None if parents is None else [{"scope": item.scope, "name": item.name, "type": item.type} for item in parents],
            "content": None if found.type == "FILE" else piece(look, found.scope, found.name, 0, "json"),
        }
    )


def piece(look: Reading, scope: str, name: str, begin: int, form: str = "") -> str:
    """The address of a piece of a collection's content."""
    here = did_address("did", look.lake.name, scope, name)
    query = f"part=content&from={begin}" + (f"&format={form}" if form else "")
    return f"{here}{'&' if '?' in here else '?'}{query}"


def children(look: Reading, scope: str, name: str, begin: int, answer: Answer[list[rucio.Did]]) -> dict[str, Any]:
    """One page of what is inside, each child with its addresses, and whether there is more."""
    found = answer.value or []
    return {
        "children": [
            {"did": child, "page": address_of("did", look.lake, child), "download": address_of("download", look.lake, child)}
            for child in found[:PAGE]
        ],
        "more": piece(look, scope, name, begin + PAGE) if len(found) > PAGE else None,
        "begin": begin,
        "content_trouble": answer.error,
        "content_since": answer.since,
        "lake": look.lake,
    }


def content(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """A piece of the content: rows for htmx, data for scripts, or a page of its own."""
    text = request.GET.get("from", "0")
    begin = int(text) if text.isdecimal() and len(text) < 9 else 0
    answer = look.ask(rucio.list_content, scope, name, offset=begin, limit=PAGE + 1).answer
    answer.required()
    context = children(look, scope, name, begin, answer)
    rows = [row(entry["did"], page=entry["page"]) for entry in context["children"]]
    following = piece(look, scope, name, begin + PAGE, request.GET.get("format", "")) if context["more"] else None
    made = listing(request, rows, following=following, filename="content")
    if made is not None:
        return made
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "datalake/children.html", context)
    return page(
        request, "content.html", look, {**context, "scope": scope, "name": name, "page": did_address("did", look.lake.name, scope, name)}
    )
