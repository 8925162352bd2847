"""Requests about one rule, from the buttons of its page; each becomes an operation that a worker carries out."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from datalake.operations import services
from datalake.operations.forms import PriorityForm, ProlongForm, ReasonForm
from datalake.operations.kinds.rules import Deny, Hurry, LetGo, OnRule, Prolong
from datalake.operations.models import Operation
from datalake.operations.views.common import form_key
from datalake.pages.decorators import lake_view
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service
from vre_portal.text import moment


class Invalid(Exception):
    """The form's values are not valid; the text says why."""


def wanted(request: HttpRequest, lake: Service, rule: str, kind: str) -> OnRule:
    """The operation's arguments from the form of its button. Raises Invalid, and Http404 for an unknown kind."""
    did = request.POST.get("did", "")[:600]
    if kind == "prolong-rule":
        prolong = ProlongForm(request.POST)
        if not prolong.is_valid():
            raise Invalid("; ".join(str(error) for errors in prolong.errors.values() for error in errors))
        return Prolong(rule, did, prolong.until())
    if kind == "hurry-rule":
        priority = PriorityForm(request.POST)
        if not priority.is_valid():
            raise Invalid(_("Enter a priority from 1 to 5."))
        return Hurry(rule, did, priority.cleaned_data["priority"])
    if kind == "deny-rule":
        reason = ReasonForm(request.POST)
        if not reason.is_valid():
            raise Invalid(_("The reason is too long. Use at most 250 characters."))
        return Deny(rule, did, reason.cleaned_data["reason"])
    if kind in ("delete-rule", "restore-rule"):
        return LetGo(rule, did, before(request, lake, rule) if kind == "restore-rule" else end(request))
    if kind in ("retry-rule", "approve-rule"):
        return OnRule(rule, did)
    raise Http404(_("Unknown action."))


def end(request: HttpRequest) -> str:
    """The rule's end that its page showed, as ISO text; empty without one."""
    until = moment(request.POST.get("until", ""))
    return until.isoformat() if until else ""


def before(request: HttpRequest, lake: Service, rule: str) -> str:
    """The rule's end before it was deleted, as ISO text; empty without one."""
    last = Operation.objects.about(lake.name, rule).filter(by=current_user(request), kind="delete-rule").first()
    return str(last.arguments.get("until") or "") if last else ""


@require_POST
@lake_view
@rate_limited(ACT)
def submit(request: HttpRequest, lake: Service, rule: str, kind: str) -> HttpResponse:
    """Store one request about one rule and redirect to the rule's page, or where the form says."""
    try:
        services.enqueue(
            kind,
            lake=lake.name,
            by=current_user(request),
            arguments=wanted(request, lake, rule, kind),
            key=form_key(request) or uuid.uuid4(),
        )
    except (Invalid, services.KeyReused) as error:
        messages.error(request, str(error))
    back = request.POST.get("back", "")
    allowed = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith(f"/datalake/{lake.name}/")
    return redirect(back) if allowed else redirect("datalake:rule", lake=lake.name, rule=rule)
