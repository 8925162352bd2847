"""The pages on which staff stop actions at services and let them go on."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service, services
from vre_portal.stop_switches import services as switches
from vre_portal.stop_switches.actions import ACTIONS, StoppableAction
from vre_portal.stop_switches.forms import StopForm
from vre_portal.stop_switches.models import StopSwitch
from vre_portal.tables import listing, page_size
from vre_portal.text import number_of

PAGE = 50


@never_cache
@require_safe
@staff_page
def index(request: HttpRequest) -> HttpResponse:
    """All that can be stopped with its switches, and the past switches, the last first; also as JSON and CSV."""
    size, before = page_size(request, PAGE), number_of(request.GET.get("before", ""))
    past = StopSwitch.objects.past().select_related("created_by", "ended_by")
    if before:
        past = past.filter(pk__lt=before)
    rows = list(past[: size + 1])
    following = f"?before={rows[size - 1].pk}" if len(rows) > size else None
    current = list(StopSwitch.objects.open().select_related("created_by")) if not before else []
    document = listing(
        request,
        [_described(item) for item in (*current, *rows[:size])],
        following=following,
        filename="stop-switches",
    )
    switch_of = {(item.kind, item.name, item.action): item for item in current}
    targets = [
        {"service": service, "action": action, "switch": switch_of.get((service.kind, service.name, action.name))}
        for service, action in stoppable()
    ]
    return document or render(
        request, "stop_switches/index.html", {"targets": targets, "past": rows[:size], "next_url": following, "first_page": not before}
    )


def stoppable() -> list[tuple[Service, StoppableAction]]:
    """Each action at each configured service."""
    return [(service, action) for service in services() for action in ACTIONS if action.kind == service.kind]


def _described(switch: StopSwitch) -> dict[str, Any]:
    names = ("kind", "name", "action", "reason", "starts_at", "until", "ended_at")
    people = {"created_by": str(switch.created_by or ""), "ended_by": str(switch.ended_by or "")}
    return {"id": switch.pk, **{name: getattr(switch, name) for name in names}, **people}


@rate_limited(ACT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def edit(request: HttpRequest, kind: str, service_name: str, action: str) -> HttpResponse:
    """Stop one action at one service, or change how it is stopped."""
    target = next(((item, what) for item, what in stoppable() if (item.kind, item.name, what.name) == (kind, service_name, action)), None)
    if target is None:
        raise Http404(_("There is no such service or action."))
    switch = switches.open_switch(kind, service_name, action)
    if request.method != "POST":
        return _form_page(request, target, switch, StopForm.of(switch))
    form = StopForm(request.POST)
    if not form.is_valid():
        return _form_page(request, target, switch, form, 400)
    values, by = {name: form.cleaned_data[name] for name in ("reason", "starts_at", "until")}, current_user(request)
    try:
        if form.cleaned_data["seen"] and switch:
            switches.change(by=by, switch=switch, seen=form.cleaned_data["seen"], **values)
        else:
            switches.turn_on(by=by, kind=kind, name=service_name, action=action, **values)
    except switches.AlreadyStopped as conflict:
        theirs = conflict.switch
        if theirs and theirs.created_by == by and (theirs.reason, theirs.until) == (values["reason"], values["until"]):
            return redirect("stop-switches:index")  # the same button, pressed twice
        again = StopForm({**request.POST.dict(), "seen": theirs.version if theirs else 0})
        return _form_page(request, target, theirs, again, 409, has_conflict=True)
    messages.success(request, _("Saved. Pages and workers follow within seconds."))
    return redirect("stop-switches:index")


def _form_page(
    request: HttpRequest,
    target: tuple[Service, StoppableAction],
    switch: StopSwitch | None,
    form: StopForm,
    status: int = 200,
    *,
    has_conflict: bool = False,
) -> HttpResponse:
    context = {"service": target[0], "action": target[1], "switch": switch, "form": form, "has_conflict": has_conflict}
    return render(request, "stop_switches/edit.html", context, status=status)


@rate_limited(ACT)
@require_POST
@staff_page
def turn_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the action go on."""
    if switch := switches.turn_off(by=current_user(request), pk=pk):
        messages.success(request, _("%(what)s: no longer stopped. Waiting work resumes within seconds.") % {"what": switch.action_title})
    else:
        messages.info(request, _("This was no longer stopped."))
    return redirect("stop-switches:index")
