"""The part “Before the launch” of the launch page."""

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from projects.models import Project
from projects.workflows.forms import LaunchForm
from projects.workflows.inputs.since import recorded
from projects.workflows.preflight import inputs, servers
from projects.workflows.preflight.checklist import Known, asked_items, errors_at_the_press, known_items
from projects.workflows.preflight.plan import Plan, of_specification
from vre_portal.iam.current_user import current_user
from vre_portal.services import ServiceKind, UnknownService, service, services


def part_of(request: HttpRequest, project: Project, form: LaunchForm, *, is_asked: bool) -> dict[str, Any]:
    """What the page shows: the list, as the portal knows it or asked now, and the servers where there are several.

    What was asked of the inputs is on the form from then on, for the page that has their fields.
    """
    try:
        item = service(ServiceKind.REANA, form.chosen_server or None)
    except UnknownService:
        return {}
    states, loads = servers.states(), servers.load(current_user(request))
    known, plan = Known(item, form.offer, states, loads), _plan(request, project, form, with_earlier=is_asked)
    rows = servers.rows(services(ServiceKind.REANA), item.name, form.offers, states, loads) if form.server_field else []
    items = asked_items(plan, known) if is_asked else known_items(plan, known)
    if is_asked:
        form.looked_up.update({row.path: row for row in inputs.looked_up(plan)})
    is_blocked = not rows and any(item.state == "error" for item in items)  # where there are several, another may be chosen
    shown = {"open": [item for item in items if item.state != "ok"], "passed": [item for item in items if item.state == "ok"]}
    return {"preflight": shown, "is_asked": is_asked, "servers": rows, "is_blocked": is_blocked}


def add_known_errors(request: HttpRequest, project: Project, form: LaunchForm) -> bool:
    """Put what is known to make the run fail above the form, each with what to do; whether there is something. Nothing is asked."""
    item = service(ServiceKind.REANA, form.server)
    found = errors_at_the_press(_plan(request, project, form), item, form.offer)
    for error in found:
        links = format_html_join(" ", '<a href="{}">{}</a>', ((remedy.url, remedy.words) for remedy in error.remedies if remedy.url))
        plain = [f"{remedy.words}." for remedy in error.remedies if not remedy.url]
        form.add_error(None, format_html("{}: {} {}", error.name, " ".join([*error.messages, *plain]), links))
    return bool(found)


def _plan(request: HttpRequest, project: Project, form: LaunchForm, *, with_earlier: bool = False) -> Plan:
    earlier = form.previous if with_earlier else None
    return of_specification(
        form.specification,
        person=current_user(request),
        project=project,
        server=form.chosen_server,
        overrides=form.planned_overrides,
        inputs=form.planned_inputs,
        before=recorded(earlier, form.planned_inputs) if earlier else None,
        images_before=earlier.image_digests if earlier else None,
    )
