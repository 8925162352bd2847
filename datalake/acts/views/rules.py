"""Acts on one rule, from the buttons of its page; each becomes a row, and nothing is asked of the lake here."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from datalake.acts import services
from datalake.acts.forms import PriorityForm, ProlongForm, ReasonForm
from datalake.acts.kinds.rules import Deny, Hurry, LetGo, OnRule, Prolong
from datalake.acts.models import Act
from datalake.acts.views.common import key_of, person
from datalake.views.shared import lake_view
from vre_portal.services import Service
from vre_portal.text import moment


class Invalid(Exception):
    """What was typed cannot be used; the text says why."""


def wanted(request: HttpRequest, lake: Service, rule: str, kind: str) -> OnRule:
    """The act's arguments from the form that its button is in."""
    did = request.POST.get("did", "")[:600]
    if kind == "prolong-rule":
        prolong = ProlongForm(request.POST)
        if not prolong.is_valid():
            raise Invalid("; ".join(str(error) for errors in prolong.errors.values() for error in errors))
        return Prolong(rule, did, prolong.until())
    if kind == "hurry-rule":
        priority = PriorityForm(request.POST)
        if not priority.is_valid():
            raise Invalid("The priority is a number from 1 to 5.")
        return Hurry(rule, did, priority.cleaned_data["priority"])
    if kind == "deny-rule":
        reason = ReasonForm(request.POST)
        if not reason.is_valid():
            raise Invalid("The reason may have 250 characters.")
        return Deny(rule, did, reason.cleaned_data["reason"])
    if kind in ("delete-rule", "restore-rule"):
        return LetGo(rule, did, before(request, lake, rule) if kind == "restore-rule" else end(request))
    if kind in ("retry-rule", "approve-rule"):
        return OnRule(rule, did)
    raise Http404("There is no such act.")


def end(request: HttpRequest) -> str:
    """Until when the rule lasts now, as its page showed it."""
    found = moment(request.POST.get("until", ""))
    return found.isoformat() if found else ""


def before(request: HttpRequest, lake: Service, rule: str) -> str:
    """Until when it lasted before it was deleted."""
    last = Act.objects.about(lake.name, rule).filter(by=person(request), kind="delete-rule").first()
    return str(last.arguments.get("until") or "") if last else ""


@require_POST
@lake_view
def act(request: HttpRequest, lake: Service, rule: str, kind: str) -> HttpResponse:
    """One act on one rule; back to the rule's page, where its state is shown."""
    try:
        services.ask(
            kind, lake=lake.name, by=person(request), arguments=wanted(request, lake, rule, kind), key=key_of(request) or uuid.uuid4()
        )
    except (Invalid, services.KeyReused) as error:
        messages.error(request, str(error))
    back = request.POST.get("back", "")
    allowed = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith(f"/datalake/{lake.name}/")
    return redirect(back) if allowed else redirect("datalake:rule", lake=lake.name, rule=rule)
