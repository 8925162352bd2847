"""Pieces of a DID's page that come by themselves: more of its content, its metadata while it changes, its history."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from datalake import rucio
from datalake.acts.models import Act
from datalake.acts.presenting import Shown
from datalake.addresses import did_address, natural
from datalake.reading import Answer, Reading
from datalake.rucio.describing import describe
from datalake.rucio.history import list_rule_history
from datalake.views.shared import page
from vre_portal.tables import listing, row

PAGE = 50
MANY_ACTS, MOST_UNDER_WAY = 100, 20


def piece(look: Reading, scope: str, name: str, part: str, begin: int | None = None, form: str = "") -> str:
    """The address of a piece of a DID's page."""
    here = did_address("did", look.lake.name, scope, name)
    query = f"part={part}" + ("" if begin is None else f"&from={begin}") + (f"&format={form}" if form else "")
    return f"{here}{'&' if '?' in here else '?'}{query}"


def children(look: Reading, scope: str, name: str, begin: int, answer: Answer[list[rucio.Did]]) -> dict[str, Any]:
    """One page of what is inside, each child with its addresses, and whether there is more."""
    found = answer.value or []
    lake = look.lake.name
    return {
        "children": [
            {
                "did": child,
                "page": did_address("did", lake, child.scope, child.name),
                "download": did_address("download", lake, child.scope, child.name),
            }
            for child in sorted(found[:PAGE], key=lambda item: natural(item.name))  # Rucio has no order; a page of it has
        ],
        "more": piece(look, scope, name, "content", begin + PAGE) if len(found) > PAGE else None,
        "previous": piece(look, scope, name, "content", max(begin - PAGE, 0)) if begin else None,
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
    context = {**children(look, scope, name, begin, answer), "signed_in": request.user.is_authenticated, "scope": scope}
    rows = [row(entry["did"], page=entry["page"]) for entry in context["children"]]
    following = piece(look, scope, name, "content", begin + PAGE, request.GET.get("format", "")) if context["more"] else None
    made = listing(request, rows, following=following, filename="content")
    if made is not None:
        return made
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "datalake/children.html", context)
    return page(request, "content.html", look, {**context, "name": name, "page": did_address("did", look.lake.name, scope, name)})


def under_way(request: HttpRequest, look: Reading, scope: str, name: str) -> list[Shown]:
    """The reader's changes of metadata that are not done yet.

    Looked for before Rucio is asked: one that ends meanwhile makes the page ask once more, and not show for good what was before.
    """
    if not request.user.is_authenticated:
        return []
    mine = Act.objects.about(look.lake.name, f"{scope}:{name}").filter(by=request.user.pk, kind="describe")
    return [Shown(act) for act in mine.unended()[:MOST_UNDER_WAY]]


def metadata(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """The table of metadata alone, while one of the reader's changes is under way."""
    from datalake.views.dids import metadata_of

    did, moving = rucio.Did(scope, name, ""), under_way(request, look, scope, name)
    answer = look.ask(describe, scope, name).answer
    context = metadata_of(look, did, answer.known, answer.required(), moving)
    return render(
        request, "datalake/did_metadata.html", {**context, "lake": look.lake, "did": did, "signed_in": request.user.is_authenticated}
    )


@dataclass(frozen=True)
class Event:
    """Something that happened to a DID, as far as anybody remembers."""

    at: datetime
    what: str
    who: str = ""
    words: str = ""
    page: str = ""
    state: str = ""
    undo: int | None = None  # the act that may be undone


def history(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """What Rucio remembers, and what the reader asked for here; the newest first."""
    about, rules = look.ask(describe, scope, name), look.ask(list_rule_history, scope, name)
    said = about.answer.required()
    times = (("Made", said.created), ("Closed", said.closed), ("Last changed", said.updated), ("Last read", said.accessed))
    events = [Event(at, what) for what, at in times if at]
    for rule in rules.answer.value or ():
        if rule.created:
            where = reverse("datalake:rule", args=[look.lake.name, rule.id])
            events.append(Event(rule.created, f"Rule for {rule.rse_expression}", rule.account, page=where, state=rule.state))
    if request.user.is_authenticated:
        acts = Act.objects.about(look.lake.name, f"{scope}:{name}").filter(by=request.user.pk)[:MANY_ACTS]
        events += [of_act(Shown(act)) for act in acts]
    events.sort(key=lambda event: event.at, reverse=True)
    rows = [row(event) for event in events]
    context = {
        "events": events,
        "rules_known": rules.answer.known,
        "scope": scope,
        "name": name,
        "signed_in": request.user.is_authenticated,
    }
    where = did_address("did", look.lake.name, scope, name)
    context |= {"page": where, "metadata_page": did_address("metadata", look.lake.name, scope, name), "lake": look.lake}
    fragment = "#events" if request.htmx else ""  # type: ignore[attr-defined]
    return listing(request, rows, following=None, filename="history") or page(request, f"did_history.html{fragment}", look, context)


def of_act(shown: Shown) -> Event:
    """One of the reader's own acts."""
    act = shown.act
    undo = act.pk if act.kind == "describe" and act.state == Act.State.DONE else None
    return Event(act.asked_at, shown.title, "you", shown.words, act.get_absolute_url(), act.state, undo)


PIECES: dict[str, Callable[[HttpRequest, Reading, str, str], HttpResponse]] = {"content": content, "metadata": metadata, "history": history}
