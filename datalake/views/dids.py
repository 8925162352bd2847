"""One DID: what it is, what it holds, where its copies are, which rules keep them."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from datalake import previews, rucio
from datalake.addresses import asked_name, did_address, python_code, rucio_command
from datalake.reading import Answer, Reading
from datalake.tables import Row, listing, row
from datalake.views.shared import lake_page, reading, trouble
from vre_portal.services import Service
from vre_portal.text import moment

PAGE = 50
MANY = 200  # parents and rules that are shown


@lake_page
def did(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """The DID's page; `part=content` is the next piece of its tree, `part=files` the same as a list."""
    name = asked_name(name, request.GET.get("name"))
    look = reading(request, lake, f"show {scope}:{name}"[:200])
    if request.GET.get("part") == "content":
        return content(request, look, scope, name)
    return whole(request, look, scope, name)


def begun(request: HttpRequest) -> int:
    """Where in the content the reader is."""
    text = request.GET.get("from", "0")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def children(look: Reading, scope: str, name: str, begin: int, answer: Answer[Any]) -> dict[str, Any]:
    """One page of a collection's content, each child with its addresses, and the address of the rest."""
    found = answer.value or []
    page = did_address("did", look.lake.name, scope, name)
    more = f"{page}{'&' if '?' in page else '?'}part=content&from={begin + PAGE}" if len(found) > PAGE else None
    entries = [
        {
            "did": child,
            "page": did_address("did", look.lake.name, child.scope, child.name),
            "download": did_address("download", look.lake.name, child.scope, child.name),
        }
        for child in found[:PAGE]
    ]
    return {"children": entries, "more": more, "begin": begin, "content_trouble": answer.error, "lake": look.lake}


def content(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """A piece of the content tree: rows for htmx, for scripts, or a page of its own."""
    begin = begun(request)
    answer = look.ask(rucio.list_content, scope, name, offset=begin, limit=PAGE + 1).answer
    answer.required()
    context = children(look, scope, name, begin, answer)
    rows = [row(entry["did"], page=entry["page"]) for entry in context["children"]]
    following = context["more"] and f"{context['more']}&format={request.GET.get('format', 'json')}"
    made = listing(request, rows, following=following, filename="content")
    if made is not None:
        return made
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "datalake/children.html", context)
    return render(
        request, "datalake/content.html", {**context, "scope": scope, "name": name, "page": did_address("did", look.lake.name, scope, name)}
    )


def whole(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """Everything about one DID, each part with its own fate."""
    lake = look.lake
    facts = look.ask(rucio.get_did, scope, name)
    metadata = look.ask(rucio.get_metadata, scope, name)
    rules = look.ask(rucio.list_rules, scope, name)
    parents = look.ask(rucio.list_parents, scope, name)
    rses = look.ask(rucio.list_rses)
    inside = look.ask(rucio.list_content, scope, name, offset=0, limit=PAGE + 1)
    found = facts.answer.required()
    is_file = found.type == "FILE"
    replicas = look.ask(rucio.list_replicas, scope, name, type=found.type)
    answers = [facts.answer, metadata.answer, rules.answer, parents.answer, replicas.answer, rses.answer]
    sites = {item.name: item for item in rses.answer.value or ()}
    copies = [(item, sites.get(item.rse)) for item in replicas.answer.value or ()]
    if request.GET.get("format"):
        return as_data(request, lake, found, metadata.answer, replicas.answer, rules.answer, parents.answer)
    context = {
        "lake": lake,
        "did": found,
        "is_file": is_file,
        "text": f"{scope}:{name}",
        "page": did_address("did", lake.name, scope, name),
        "download": did_address("download", lake.name, scope, name) if is_file else "",
        "preview": did_address("preview", lake.name, scope, name) if is_file and previews.kind_of(name) else "",
        "command": rucio_command(scope, name),
        "python": python_code(scope, name),
        **described(metadata.answer.value or {}, found),
        "metadata_known": metadata.answer.known,
        "copies": copies,
        "copies_known": replicas.answer.known,
        "rules": [(item, item.locks_ok + item.locks_replicating + item.locks_stuck) for item in (rules.answer.value or [])[:MANY]],
        "rules_known": rules.answer.known,
        "parents": [(item, did_address("did", lake.name, item.scope, item.name)) for item in (parents.answer.value or [])[:MANY]],
        **trouble(*answers),
    }
    if not is_file:
        context |= children(look, scope, name, 0, inside.answer)
    return render(request, "datalake/did.html", context)


def described(metadata: dict[str, Any], found: rucio.Did) -> dict[str, Any]:
    """What people said about the DID, apart from the times that Rucio keeps; its title if somebody gave one."""
    times = [("Made", moment(metadata.get("created_at"))), ("Changed", moment(metadata.get("updated_at"))), ("Until", found.expires)]
    said = {key: value for key, value in metadata.items() if key not in ("created_at", "updated_at")}
    title = str(said.get("title") or "")[:300]
    return {"metadata": sorted(said.items()), "times": [item for item in times if item[1] is not None], "title": title}


def as_data(request: HttpRequest, lake: Service, found: Any, metadata: Any, replicas: Any, rules: Any, parents: Any) -> HttpResponse:
    """The DID as one object, or its replicas as a table."""
    if request.GET["format"] == "csv":
        return listing(request, [row(item) for item in replicas.required()], following=None, filename="replicas") or HttpResponse(
            status=404
        )
    return JsonResponse(
        {
            "lake": lake.name,
            **row(found),
            "metadata": metadata.value,
            "replicas": [row(item) for item in replicas.value or ()],
            "rules": [row(item, page=reverse("datalake:rule", args=[lake.name, item.id])) for item in rules.value or ()],
            "parents": [parent_row(item) for item in parents.value or ()],
            "content": None
            if found.type == "FILE"
            else f"{did_address('did', lake.name, found.scope, found.name)}?part=content&format=json",
        }
    )


def parent_row(item: Any) -> Row:
    """A parent needs no more than its name."""
    return {"scope": item.scope, "name": item.name, "type": item.type}
