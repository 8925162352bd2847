"""A rule: what it asks for, how far it is, and every file's lock."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from datalake import rucio
from datalake.addresses import did_address
from datalake.views.shared import lake_page, page, reading
from vre_portal.services import Service
from vre_portal.tables import listing, row

PAGE = 50


@lake_page
def rule(request: HttpRequest, lake: Service, rule: str) -> HttpResponse:
    """The rule's page; while copies are being made, its state renews itself."""
    look = reading(request, lake, f"show rule {rule}")
    text = request.GET.get("from", "0")
    begin = int(text) if text.isdecimal() and len(text) < 9 else 0
    asked = look.ask(rucio.get_rule, rule)
    locks = look.ask(rucio.list_locks, rule, offset=begin, limit=PAGE + 1)
    found = asked.answer.required()
    rows = locks.answer.value or []
    here = reverse("datalake:rule", args=[lake.name, rule])
    following = f"{here}?from={begin + PAGE}" if len(rows) > PAGE else None
    if request.GET.get("format") == "json":
        return JsonResponse({**row(found), "locks": [row(item) for item in rows[:PAGE]], "next": following and f"{following}&format=json"})
    made = listing(request, [row(item) for item in rows[:PAGE]], following=following, filename="locks")
    if made is not None:
        return made
    context = {
        "rule": found,
        "done": found.locks_ok,
        "total": found.locks_ok + found.locks_replicating + found.locks_stuck,
        "did_page": did_address("did", lake.name, found.scope, found.name),
        "locks": [(item, did_address("did", lake.name, item.scope, item.name)) for item in rows[:PAGE]],
        "locks_known": locks.answer.known,
        "begin": begin,
        "following": following,
        "previous": f"{here}?from={max(begin - PAGE, 0)}" if begin else None,
        "page": here,
        "moving": found.state in ("REPLICATING", "INJECT", "WAITING_APPROVAL"),
    }
    fragment = "#state" if request.htmx else ""  # type: ignore[attr-defined]
    return page(request, f"rule.html{fragment}", look, context)
