"""Pieces of a DID's page that come by themselves: more of its content, its history."""

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
from datalake.views.shared import page, place
from vre_portal.tables import listing, row

PAGE = 50
MAX_SHOWN = 1000  # rows with which a page opens again
MANY_ACTS = 100


def piece(look: Reading, scope: str, name: str, part: str, begin: int | None = None, form: str = "") -> str:
    """The address of a piece of a DID's page."""
    here = did_address("did", look.lake.name, scope, name)
    query = f"part={part}" + ("" if begin is None else f"&from={begin}") + (f"&format={form}" if form else "")
    return f"{here}{'&' if '?' in here else '?'}{query}"


def shown_before(request: HttpRequest) -> int:
    """How many rows of its content the page opens with: as many as its reader had asked for, for whoever comes back to it."""
    text = request.GET.get("shown", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else PAGE
    return min(max(number, PAGE), MAX_SHOWN)


def with_shown(look: Reading, scope: str, name: str, count: int) -> str:
    """The page's address with so many rows of its content; empty where that is more than it opens with."""
    here = did_address("did", look.lake.name, scope, name)
    return f"{here}{'&' if '?' in here else '?'}shown={count}" if count <= MAX_SHOWN else ""


def children(
    look: Reading,
    scope: str,
    name: str,
    begin: int,
    answer: Answer[rucio.Stretch[rucio.Did]],
    *,
    count: int = PAGE,
    is_whole_page: bool = False,
) -> dict[str, Any]:
    """One page of what is inside, each child with its addresses, and whether there is more. On a page that is about this DID
    the address keeps how many rows are shown.

    Places are counted as Rucio counts them: what the reader may not see makes a page shorter and moves nothing to another one.
    """
    found = answer.value or rucio.Stretch[rucio.Did]()
    lake = look.lake.name
    return {
        "children": [
            {
                "did": child,
                "page": did_address("did", lake, child.scope, child.name),
                "download": did_address("download", lake, child.scope, child.name) if child.type == "FILE" else "",
            }
            for child in sorted(found.rows, key=lambda item: natural(item.name))  # Rucio has no order; a page of it has
        ],
        "more": piece(look, scope, name, "content", begin + count) + ("&page=whole" if is_whole_page else "") if found.more else None,
        "more_address": with_shown(look, scope, name, begin + count + PAGE) if is_whole_page else "",
        "previous": piece(look, scope, name, "content", max(begin - PAGE, 0)) if begin else None,
        "begin": begin,
        "content_trouble": answer.error,
        "content_since": answer.since,
        "withheld": answer.withheld,
        "lake": look.lake,
    }


def content(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """A piece of the content: rows for htmx, data for scripts, or a page of its own."""
    begin = place(request)
    answer = look.ask(rucio.content_from, scope, name, begin, PAGE).answer
    answer.required()
    is_whole_page = request.GET.get("page") == "whole"
    context = {
        **children(look, scope, name, begin, answer, is_whole_page=is_whole_page),
        "signed_in": look.is_personal,
        "scope": scope,
    }
    rows = [row(entry["did"], page=entry["page"]) for entry in context["children"]]
    following = piece(look, scope, name, "content", begin + PAGE, request.GET.get("format", "")) if context["more"] else None
    made = listing(request, rows, following=following, filename="content")
    if made is not None:
        return made
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "datalake/children.html", context)
    return page(request, "content.html", look, {**context, "name": name, "page": did_address("did", look.lake.name, scope, name)})


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
        "signed_in": look.is_personal,
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
