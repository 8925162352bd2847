"""Why a rule or a file is stuck: a page, the fragment of other pages, and JSON."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from datalake import rucio
from datalake.acts.presenting import buttons
from datalake.acts.why.explain import explain
from datalake.acts.why.facts import Explanation
from datalake.acts.why.gather import Explained, of_file, of_rule
from datalake.addresses import asked_name, did_address
from datalake.reading import Reading
from datalake.views.shared import lake_page, reading
from vre_portal.services import Service
from vre_portal.tables import row


def as_data(why: Explanation, **more: Any) -> dict[str, Any]:
    """For scripts."""
    return {"tone": why.tone, "headline": why.headline, "causes": [row(cause) for cause in why.causes], **more}


def shown(lake: Service, item: Explained) -> dict[str, Any]:
    """A rule with its causes and their buttons."""
    page = reverse("datalake:rule", args=[lake.name, item.rule.id])
    return {
        "rule": item.rule,
        "why": item.why,
        "page": page,
        "causes": [(cause, buttons(lake.name, item.rule, cause)) for cause in item.why.causes],
    }


@lake_page
def rule(request: HttpRequest, lake: Service, rule: str) -> HttpResponse:
    """One rule."""
    look = reading(request, lake, f"explain rule {rule}")
    found = look.ask(rucio.get_rule, rule).answer.required()
    item = Explained(found, explain(of_rule(look, found)))
    if request.GET.get("format") == "json":
        return JsonResponse(as_data(item.why, rule=found.id, state=found.state))
    return answer(request, look, [shown(lake, item)], None, f"{found.scope}:{found.name}", found)


@lake_page
def did(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """A file with the rules that hold it, or a collection with its own."""
    name = asked_name(name, request.GET.get("name"))
    look = reading(request, lake, f"explain {scope}:{name}")
    found = look.ask(rucio.get_did, scope, name).answer.required()
    if found.type == "FILE":
        own, items = of_file(look, scope, name)
    else:
        own, items = None, of_collection(look, scope, name)
    if request.GET.get("format") == "json":
        told = [as_data(item.why, rule=item.rule.id, state=item.rule.state) for item in items]
        return JsonResponse({"file": as_data(own) if own else None, "rules": told})
    return answer(request, look, [shown(lake, item) for item in items], own, f"{scope}:{name}", found)


def of_collection(look: Any, scope: str, name: str) -> list[Explained]:
    """The rules of a dataset or container that are not done."""
    rules = look.ask(rucio.list_rules, scope, name).answer.required()
    waiting = [item for item in rules if item.state != "OK"]
    return [Explained(item, explain(of_rule(look, item))) for item in waiting[:3]]


def answer(
    request: HttpRequest, look: Reading, items: list[dict[str, Any]], own: Explanation | None, text: str, found: Any
) -> HttpResponse:
    """The page, or its heart for htmx, with the age of what is from memory."""
    lake = look.lake
    context = {
        "lake": lake,
        "trouble": look.error,
        "since": look.since,
        "items": items,
        "own": own,
        "text": text,
        "did_page": did_address("did", lake.name, found.scope, found.name),
        "support": lake.options.get("support", ""),
        "back": did_address("did", lake.name, found.scope, found.name),
    }
    return render(request, "lake_acts/why_page.html" + ("#body" if request.htmx else ""), context)  # type: ignore[attr-defined]
