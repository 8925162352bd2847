"""Pages of a project's workflow runs."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import audience
from projects.audience import Origin
from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, can, know_roles, project_for
from projects.workflows import services, viewers
from projects.workflows.forms import LaunchForm
from projects.workflows.input_checks import look_up
from projects.workflows.models import Run, Specification
from projects.workflows.pages import TAB, keeping, kept_of, list_notes, run_for, visible_runs
from projects.workflows.permissions import can_publish, can_unpublish, may_copy, origins_of
from projects.workflows.presenting import as_row, count_outputs, described, described_with_files, outputs_of, pictures_of
from projects.workflows.steps import forgotten, graph
from projects.workflows.suggestions import place_for
from vre_portal.iam.current_user import current_user
from vre_portal.limits import LAUNCH, rate_limited
from vre_portal.pages import expires_in, part_version, public_page, unknown_version
from vre_portal.services import ServiceKind
from vre_portal.stop_switches.models import StopSwitch
from vre_portal.stop_switches.present import stop_of
from vre_portal.tables import csv_response

PAGE = 50


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's specifications and its runs, newest first, by keyset pages."""
    project = project_for(request.user, slug, Permission.VIEW)
    runs = visible_runs(request, project).defer("code", "files", "specification__code")
    before = request.GET.get("before", "")
    if before.isdecimal():
        runs = runs.filter(number__lt=int(before[:9]))
    output_format = request.GET.get("format", "")
    if output_format != "json":
        runs = runs.defer("steps", "text")  # logs: a megabyte each
    if output_format == "csv":
        return csv_response([as_row(run) for run in runs.order_by("-number")], f"{slug}-runs")
    rows = list(runs.order_by("-number")[: PAGE + 1])
    page_runs, more = rows[:PAGE], len(rows) > PAGE
    next_url = f"?before={page_runs[-1].number}" if more else None
    following = f"{request.path}{next_url}&format=json" if next_url else None
    if output_format == "json":
        return JsonResponse({"items": [described(run) for run in page_runs], "next": following})
    return render(
        request,
        "workflows/list.html",
        project_context(
            request,
            project,
            TAB,
            runs=page_runs,
            next_url=next_url,
            specifications=project.specifications.in_use().defer("code"),
            first_page=not before,
            **list_notes(request, project),
        ),
    )


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def latest(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment for the project's page: the last finished run's pictures, and what runs now."""
    project = project_for(request.user, slug, Permission.VIEW)
    runs = visible_runs(request, project).defer("code", "text", "steps", "files")
    finished = runs.filter(status=Run.Status.FINISHED).order_by("-number").first()
    return render(
        request,
        "workflows/latest.html",
        project_context(
            request,
            project,
            TAB,
            finished=finished,
            pictures=pictures_of(finished, 2) if finished else [],
            running=runs.exclude(status__in=Run.ENDED)[:5],
            **list_notes(request, project),
        ),
    )


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: the reader's own latest runs, as far as they still may see them."""
    own = Run.objects.filter(by=current_user(request)).visible_to(request.user)
    runs = own.select_related("specification", "project").defer("code", "text", "steps", "files")
    return render(request, "workflows/mine.html", {"runs": runs.order_by("-pk")[:8]})


@require_safe
def use(request: HttpRequest) -> HttpResponse:
    """The reader's workflows that could take a file of a lake as an input; each leads to its launch form with the file filled in."""
    lake, did = (request.GET.get(name, "")[:600] for name in ("lake", "did"))
    # Who may not read the file learns nothing of it, not even that a workflow takes it.
    readable = audience.can_read(request.user, Origin.of_did(lake, did))
    mine = list(Project.objects.mine(current_user(request))) if readable else []
    know_roles(request.user, mine)
    launchable = [item for item in mine if can(request.user, item, Permission.LAUNCH)]
    query = urlencode({"lake": lake, "did": did})
    places = [
        {
            "specification": item,
            "path": path,
            "page": f"{reverse('workflows:launch', args=[item.project.slug])}?specification={item.name}&{query}",
        }
        for item in Specification.objects.filter(project__in=launchable).in_use().select_related("project").defer("code", "text")
        if (path := place_for(item, lake, did))
    ]
    return render(request, "workflows/use.html", {"did": did, "places": places})


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(LAUNCH)
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """The launch form, and the launch: the answer comes at once, a worker does the rest."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    specifications = list(Specification.objects.filter(project=project).in_use().select_related("current"))
    if not specifications:
        status = 409 if request.method == "POST" else 200
        return render(request, "workflows/none.html", project_context(request, project, TAB), status=status)
    specification = chosen_specification(request, specifications)
    page: dict[str, Any] = {"specification": specification, "specifications": specifications}
    if specification.faults:
        status = 422 if request.method == "POST" else 200
        return render(request, "workflows/faulty.html", project_context(request, project, TAB, **page), status=status)
    earlier = request.GET.get("from", "")
    number = int(earlier[:9]) if earlier.isdecimal() else 0
    previous = (
        Run.objects.filter(project=project, number=number, specification=specification)
        .visible_to(request.user)
        .select_related("version", "specification")
        .first()
    )
    offered = (request.GET.get("lake", ""), request.GET.get("did", ""))
    form = LaunchForm(
        request.POST or None,
        specification=specification,
        previous=previous,
        offered=offered,
        address=request.GET.dict(),
        reader=request.user,
    )
    if request.method == "POST" and form.is_valid() and (started := launched(request, project, form)):
        return JsonResponse(described(started), status=202) if request.GET.get("format") == "json" else redirect(started)
    status = (503 if form.has_stopped_server else 422) if form.is_bound and form.errors else 200
    page |= {"form": form, "checks": form.checks, "previous": previous, "nodes": graph(specification)}
    return render(request, "workflows/new.html", project_context(request, project, TAB, **page), status=status)


def chosen_specification(request: HttpRequest, specifications: list[Specification]) -> Specification:
    """The one that the address or the form names, else the first that can be launched; raises Http404 where there is no such one."""
    name = request.POST.get("specification") or request.GET.get("specification")
    candidates = (
        [item for item in specifications if item.name == name] if name else sorted(specifications, key=lambda item: bool(item.faults))
    )
    if not candidates:
        raise Http404(_("This project has no such workflow."))
    return candidates[0]


def launched(request: HttpRequest, project: Project, form: LaunchForm) -> Run | None:
    """The new run; None with errors on the form where it is refused."""
    lookup = look_up(current_user(request), form.inputs)
    for path, words in lookup.wrong.items():
        form.add_error(f"i-{form.paths.index(path)}", words)
    if lookup.wrong:
        return None
    try:
        new_run = services.launch(
            by=current_user(request),
            project=project,
            specification=form.specification,
            parameters=form.parameters,
            inputs=form.inputs,
            key=form.cleaned_data["key"],
            server=form.server,
        )
    except services.TokenMissing as error:
        link = format_html('<a href="{}">{}</a>', reverse("stored:tokens"), _("Store a token"))
        form.add_error(None, format_html("{} {}", str(error), link))
        return None
    except services.NotNow as error:
        form.add_error(None, str(error))
        form.has_stopped_server = isinstance(error, services.RunsStopped)
        return None
    if lookup.not_checked:
        messages.info(request, _("%(reason)s If a file is missing, the run fails and says which one.") % {"reason": lookup.not_checked})
    return new_run


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def run(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A run: states, steps, logs, then what came out. The part that changes asks for itself again until the run has ended."""
    run = run_for(request, slug, number)
    if request.GET.get("format") == "json":
        return JsonResponse(described_with_files(run))
    if run.by_id == request.user.pk and run.status == Run.Status.FAILED and run.failure_seen_at is None:
        run.failure_was_seen()
    if not run.ended:
        viewers.watch(run)
        expires_in(0)  # each visit counts: while nobody looks, REANA is asked less often
    is_fragment = request.headers.get("HX-Request") == "true"
    if is_fragment and request.GET.get("seen") == digest_of(run):
        return HttpResponse(status=204)  # nothing new: the browser keeps what it shows
    version = part_version("projects", "people", "runs") if run.ended else unknown_version()
    page = project_context(request, run.project, TAB, run=run, version=version, body=partial(run_context, request, run))
    return render(request, "workflows/run.html#status" if is_fragment else "workflows/run.html", page)


def holding_stop(run: Run) -> StopSwitch | None:
    """The switch for which the run waits; None where it does not wait for one."""
    return stop_of(ServiceKind.REANA, run.server, "runs") if run.status in Run.UNSUBMITTED and not run.stopping else None


def digest_of(run: Run) -> str:
    """What tells a page of the run from a later one: also whether it waits because runs are stopped."""
    stop = holding_stop(run)
    return f"{run.digest}-{stop.pk}-{stop.version}" if stop else run.digest


def run_context(request: HttpRequest, run: Run) -> dict[str, Any]:
    """What the page of a run shows of it, and what the reader may do with it."""
    counts, nodes, keeps = count_outputs(run), graph(run), kept_of(request, run)
    return {
        "digest": digest_of(run),
        "stop": holding_stop(run),
        "nodes": nodes,
        "failed_step": next((node for node in nodes if node.failed_job), None),
        "forgotten": forgotten(run.steps),
        "outputs": outputs_of(run, counts),
        "keeps": keeps,
        "keeping": any(not item.ended for item in keeps),
        "can_stop": can(request.user, run.project, Permission.LAUNCH) and run.by_id == request.user.pk,
        "can_copy": may_copy(request.user, run),
        "can_publish": can_publish(request.user, run),
        "can_unpublish": can_unpublish(request.user, run),
        "closed": [audience.title_of(origin) for origin in audience.restricted(origins_of(run))],
        "can_read_inputs": audience.can_read_all(request.user, origins_of(run)),
        **keeping(request, run),
    }


@require_POST
def stop(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for the run to end."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if run.by_id != current_user(request).pk:
        raise PermissionDenied(_("Only %(person)s, who launched the run, can stop it.") % {"person": run.by})
    services.stop(by=current_user(request), run=run)
    return redirect(run)
