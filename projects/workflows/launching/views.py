"""The page that launches a workflow: a form or YAML of the same values, and what else is done with them there."""

from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows import services, tasks
from projects.workflows.check_groups import combined, grouped, names_of
from projects.workflows.forms import LaunchForm
from projects.workflows.input_checks import is_asked_before_launch
from projects.workflows.inputs.accepting import checked_types, not_a_folder
from projects.workflows.inputs.attached import not_usable, usable
from projects.workflows.inputs.readiness import not_looked_at, readiness
from projects.workflows.inputs.sources import attached_of
from projects.workflows.launching import actions, offers, server_checks
from projects.workflows.launching.actions import Action
from projects.workflows.launching.engine_steps import engine_steps
from projects.workflows.launching.input_rows import input_rows
from projects.workflows.launching.version_part import at_version, version_change
from projects.workflows.models import LaunchTemplate, Run, Specification
from projects.workflows.pages import TAB
from projects.workflows.preflight.page import add_known_errors, part_of
from projects.workflows.presenting import described
from projects.workflows.refusals import KeyReused, NotNow, RunsStopped, TokenMissing
from projects.workflows.step_pages import MAX_ALL_ROWS, MAX_FORM_ROWS, NARROW, steps_of
from vre_portal.celery import enqueue
from vre_portal.iam.current_user import current_user
from vre_portal.limits import LAUNCH, rate_limited
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.services import services as configured
from vre_portal.text import is_storable, number_of

MAX_SAID = 10  # numbers that are sent otherwise than typed
MAX_LOOKED_AT = 20  # workflows, for one that can be launched


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(LAUNCH)
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """The launch form, and the launch: the answer comes at once, a worker does the rest."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    specifications = list(Specification.objects.filter(project=project).in_use().only("name", "title", "project"))
    if not specifications:
        status = 409 if request.method == "POST" else 200
        return render(request, "workflows/none.html", project_context(request, project, TAB), status=status)
    specification = chosen_specification(request, project, [item.pk for item in specifications[:MAX_LOOKED_AT]])
    page: dict[str, Any] = {"specification": specification, "specifications": specifications, "shown_launch_state": "here"}
    if specification.faults:
        status = 422 if request.method == "POST" else 200
        return render(request, "workflows/faulty.html", project_context(request, project, TAB, **page), status=status)
    form = form_for(request, specification)
    action = Action.of(request)
    is_current, started = form.old_version is None, None
    if form.is_bound and action is Action.LAUNCH:
        started = (launched(request, project, form) if form.is_valid() else None) if is_current else launched_before(request, form)
    if started:
        return JsonResponse(described(started), status=202) if request.GET.get("format") == "json" else redirect(started)
    done = actions.perform(request, action, form) if form.is_bound else actions.opened(request)
    if done.answer:
        return done.answer
    status = 503 if form.has_stopped_server else 422 if form.errors else 200 if is_current else 409
    status = status if form.is_bound and action is Action.LAUNCH else 200
    if offers.is_due(current_user(request), form.offers):
        enqueue(tasks.ask_offers, current_user(request).pk)
    most = MAX_ALL_ROWS if request.GET.get("steps") == "all" else MAX_FORM_ROWS
    shown = steps_of(specification, link="#step-%s", most=most, box=NARROW)
    combined_checks = (check for check in combined(form.checks, shown.reading.checks) if not is_asked_before_launch(check))
    checks = grouped(combined_checks, names_of(specification))
    page |= {"form": form, "checks": checks, "previous": form.previous, "shown": shown, "done": done, "action": action}
    page |= part_of(request, project, form, is_asked=action is Action.LOOK)
    page["engine_steps"] = engine_steps(shown.reading, has_cpu=form.offer.has("cpu"))
    page |= server_checks_of(request, form, is_asked=form.is_bound and action is Action.VALIDATE)
    page["inputs"] = input_rows(form, current_user(request), project)
    page["version_change"] = version_change(form.previous, specification)
    page |= {"query": query_of(form), "templates": templates_of(request, specification), "images": images_of(request, project, form)}
    return render(request, "workflows/new.html", project_context(request, project, TAB, **page), status=status)


def server_checks_of(request: HttpRequest, form: LaunchForm, *, is_asked: bool) -> dict[str, Any]:
    """What the chosen REANA says of the workflow with the settings of steps that stand in the form, or that it was not asked."""
    try:
        server = service(ServiceKind.REANA, form.chosen_server or None)
    except UnknownService:
        return {}
    if is_asked:
        checks = server_checks.ask(form.specification, form.planned_overrides, server, current_user(request), form.planned_parameters)
    else:
        checks = server_checks.not_asked(server)
    return {
        "server_checks": grouped(checks, names_of(form.specification)),
        "checking_server": server,
        "can_ask_server": server_checks.can_ask(server),
        "is_validated": is_asked,
        "has_choice_of_server": len(configured(ServiceKind.REANA)) > 1,
        "asked_servers": asked_servers(request) | ({server.name} if is_asked else set()),
    }


def asked_servers(request: HttpRequest) -> set[str]:
    """The servers whose checks somebody asked for on the page that the form comes from."""
    return set(request.POST.getlist("asked")) & {item.name for item in configured(ServiceKind.REANA)}


@require_POST
@rate_limited(LAUNCH)
def values_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The parameters that stand in the form as a file that `inputs.parameters.input` of a reana.yaml may name."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    specification = chosen_specification(request, project)
    form = form_for(request, specification)
    form.is_valid()  # what is wrong is written as it was typed
    text = form.yaml_text if form.is_yaml else form.as_yaml()
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="values.yaml"'
    return response


def form_for(request: HttpRequest, specification: Specification) -> LaunchForm:
    """The form with what was sent, or filled in as the address says."""
    number = number_of(request.GET.get("from", ""))
    runs = Run.objects.filter(project=specification.project_id, number=number, specification=specification)
    previous = runs.visible_to(request.user).select_related("version", "specification").first() if number else None
    template = number_of(request.GET.get("template", ""))
    templates = LaunchTemplate.objects.filter(specification=specification).usable_by(current_user(request))
    return LaunchForm(
        with_choice(request.POST, specification) if request.POST else None,
        specification=specification,
        previous=previous,
        template=templates.filter(pk=template).first() if template else None,
        offered=(request.GET.get("lake", ""), request.GET.get("did", "")),
        address=request.GET.dict() if request.method != "POST" else {},
        reader=request.user,
        file=actions.file_of(request),
        offers=offers.offers(),
    )


def with_choice(sent: QueryDict, specification: Specification) -> QueryDict:
    """What was sent, with the data that were chosen for one input on the page for that."""
    path, value = sent.get("use-path", ""), sent.get("use", "")
    if not value or path not in specification.data:
        return sent
    number, data = sorted(specification.data).index(path), sent.copy()
    lake, _space, did = value.rpartition(" ") if attached_of(value) else value.partition(" ")
    data[f"i-{number}"] = did
    if lake:
        data[f"l-{number}"] = lake
    return data


def launched_before(request: HttpRequest, form: LaunchForm) -> Run | None:
    """The run of this very form, where another version was saved after it: a second press gets the same run, and is told so."""
    form.is_valid()
    key = form.cleaned_data.get("key")
    run = Run.objects.filter(by=current_user(request), project=form.specification.project, key=key).first() if key else None
    if run:
        say_launched_before(request, run)
    return run


def say_launched_before(request: HttpRequest, run: Run) -> None:
    """Tell the person that this press launched nothing."""
    messages.info(request, _("This form has already launched run %(number)s. Nothing else was launched.") % {"number": run.number})


def chosen_specification(request: HttpRequest, project: Project, first: Sequence[int] = ()) -> Specification:
    """The one that the address or the form names, else of the first the first that can be launched; raises Http404 where there is none.

    It is as it was at the version that the address names.
    """
    name = request.POST.get("specification") or request.GET.get("specification")
    rows = Specification.objects.filter(project=project).in_use().select_related("current").defer("code")
    if name:
        found = rows.filter(name=name).first() if is_storable(name) else None
    else:  # one at a time: each may be large
        first = first or list(rows.values_list("pk", flat=True)[:MAX_LOOKED_AT])
        found = next((item for pk in first if (item := rows.filter(pk=pk).first()) and not item.faults), None) or rows.first()
    if found is None:
        raise Http404(_("This project has no such workflow."))
    found.project = project
    return at_version(found, request.GET.get("version", ""))


def query_of(form: LaunchForm) -> str:
    """The address of the form itself: the workflow, and what it was filled in from."""
    named = {"specification": form.specification.name}
    if form.previous:
        named["from"] = str(form.previous.number)
    if form.template:
        named["template"] = str(form.template.pk)
    if form.specification.newest is not None:
        named["version"] = form.current_version
    return urlencode(named)


def templates_of(request: HttpRequest, specification: Specification) -> list[LaunchTemplate]:
    """What the person may fill the form in with."""
    return list(LaunchTemplate.objects.filter(specification=specification).usable_by(current_user(request)).select_related("by")[:100])


def images_of(request: HttpRequest, project: Project, form: LaunchForm) -> list[str]:
    """Images to choose from, where something can be chosen; a server that runs only some says which."""
    if not form.steps:
        return []
    return list(form.offer.vetted or offers.images(current_user(request), project, form.offer.name))


def launched(request: HttpRequest, project: Project, form: LaunchForm) -> Run | None:
    """The new run; None with errors on the form where it is refused."""
    rows = checked_types(form.specification.reana_yaml, readiness(current_user(request), form.inputs))
    form.looked_up = {row.path: row for row in rows}
    for row in rows:
        if row.is_wrong:
            form.add_error(f"i-{form.paths.index(row.path)}", row.words)
    files = usable(current_user(request), project, form.attached)
    for path in form.attached:
        words = not_usable(path) if path not in files else not_a_folder(form.specification, path)
        if words:
            form.add_error(f"i-{form.paths.index(path)}", words)
    if not form.is_valid() or add_known_errors(request, project, form):
        return None
    try:
        new_run = services.launch(
            by=current_user(request),
            project=project,
            specification=form.specification,
            parameters=form.parameters,
            inputs=form.inputs,
            attached=form.attached,
            overrides=form.overrides,
            key=form.cleaned_data["key"],
            server=form.server,
            made_from=form.previous,
        )
    except TokenMissing as error:
        link = format_html('<a href="{}">{}</a>', reverse("stored:tokens"), _("Store a token"))
        form.add_error(None, format_html("{} {}", str(error), link))
        return None
    except NotNow as error:
        form.add_error(None, str(error))
        if isinstance(error, KeyReused):
            form.take_another_key()
        form.has_stopped_server = isinstance(error, RunsStopped)
        return None
    if new_run.version_id != getattr(form.specification.current, "pk", None):
        say_launched_before(request, new_run)  # by a form for another version
    if form.left_out:
        messages.info(request, _("Not sent, so the default was used: %(names)s.") % {"names": ", ".join(form.left_out[:20])})
    if form.is_yaml and (left_out := [name for name in form.specification.default_parameters if name not in form.typed.sent]):
        messages.info(request, _("Not in the YAML, so the default was used: %(names)s.") % {"names": ", ".join(left_out[:20])})
    for words in islice((words for name in new_run.parameters for words in form.sent_otherwise(name)), MAX_SAID):
        messages.info(request, words)
    if reason := not_looked_at(rows):
        messages.info(request, _("%(reason)s If a file is missing, the run fails and says which one.") % {"reason": reason})
    return new_run
