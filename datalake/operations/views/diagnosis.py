"""Why a rule or a file is stuck: as a page, as a fragment of other pages, and as JSON."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from datalake import rucio
from datalake.operations.diagnosis.diagnose import diagnose
from datalake.operations.diagnosis.facts import Diagnosis
from datalake.operations.diagnosis.gather import DiagnosedRule, of_file, of_rule
from datalake.operations.presenting import buttons
from datalake.pages.addresses import asked_name, did_address
from datalake.pages.decorators import lake_page
from datalake.pages.readers import reader_for
from datalake.reads.reader import LakeReader
from vre_portal.services import Service
from vre_portal.tables import row


def as_data(why: Diagnosis, **more: Any) -> dict[str, Any]:
    """The diagnosis for JSON."""
    return {"tone": why.tone, "headline": why.headline, "causes": [row(cause) for cause in why.causes], **more}


def rule_context(lake: Service, item: DiagnosedRule) -> dict[str, Any]:
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
    reader = reader_for(request, lake, f"diagnose rule {rule}")
    shown_rule = reader.fetch(rucio.get_rule, rule).result.required()
    item = DiagnosedRule(shown_rule, diagnose(of_rule(reader, shown_rule)))
    if request.GET.get("format") == "json":
        return JsonResponse(as_data(item.why, rule=shown_rule.id, state=shown_rule.state))
    return render_diagnosis(request, reader, [rule_context(lake, item)], None, f"{shown_rule.scope}:{shown_rule.name}", shown_rule)


@lake_page
def did(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponse:
    """A file with the rules that hold it, or a collection with its own."""
    name = asked_name(name, request.GET.get("name"))
    reader = reader_for(request, lake, f"diagnose {scope}:{name}")
    shown_did = reader.fetch(rucio.get_did, scope, name).result.required()
    if shown_did.type == "FILE":
        own, items = of_file(reader, scope, name)
    else:
        own, items = None, of_collection(reader, scope, name)
    if request.GET.get("format") == "json":
        rows = [as_data(item.why, rule=item.rule.id, state=item.rule.state) for item in items]
        return JsonResponse({"file": as_data(own) if own else None, "rules": rows})
    return render_diagnosis(request, reader, [rule_context(lake, item) for item in items], own, f"{scope}:{name}", shown_did)


def of_collection(reader: Any, scope: str, name: str) -> list[DiagnosedRule]:
    """The rules of a dataset or container that are not done."""
    rules = reader.fetch(rucio.list_rules, scope, name).result.required()
    waiting = [item for item in rules if item.state != "OK"]
    return [DiagnosedRule(item, diagnose(of_rule(reader, item))) for item in waiting[:3]]


def render_diagnosis(
    request: HttpRequest, reader: LakeReader, items: list[dict[str, Any]], own: Diagnosis | None, text: str, subject: Any
) -> HttpResponse:
    """The page, or for htmx its body alone."""
    lake = reader.lake
    context = {
        "lake": lake,
        "trouble": reader.error,
        "since": reader.since,
        "items": items,
        "own": own,
        "text": text,
        "did_page": did_address("did", lake.name, subject.scope, subject.name),
        "support": lake.options.get("support", ""),
        "back": did_address("did", lake.name, subject.scope, subject.name),
    }
    return render(request, "lake_acts/why_page.html" + ("#body" if request.htmx else ""), context)  # type: ignore[attr-defined]
