"""Pages of a project's workflow runs."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import audience
from projects.audience import Origin
from projects.models import Project
from projects.permissions import Permission, can, project_for
from projects.workflows import services, watching
from projects.workflows.forms import LaunchForm
from projects.workflows.input_checks import look_up
from projects.workflows.models import Run, Specification
from projects.workflows.offering import place_for
from projects.workflows.pages import context, keeping, kept_of, list_notes, run_for, visible_runs
from projects.workflows.permissions import can_publish, can_unpublish, may_copy, origins_of
from projects.workflows.presenting import as_row, described, described_with_files, outputs_of, pictures_of
from projects.workflows.steps import forgotten, graph
from vre_portal.iam.sign_in import person
from vre_portal.tables import csv_response

PAGE = 50


@require_safe
@login_not_required
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's specifications and its runs, newest first, by keyset pages."""
    project = project_for(request.user, slug, Permission.VIEW)
    runs = visible_runs(request, project).defer("code", "files", "specification__code")
    before = request.GET.get("before", "")
    if before.isdecimal():
        runs = runs.filter(number__lt=int(before[:9]))
    wanted = request.GET.get("format", "")
    if wanted != "json":
        runs = runs.defer("steps", "text")  # logs: a megabyte each
    if wanted == "csv":
        return csv_response([as_row(run) for run in runs.order_by("-number")], f"{slug}-runs")
    found = list(runs.order_by("-number")[: PAGE + 1])
    shown, more = found[:PAGE], len(found) > PAGE
    next_url = f"?before={shown[-1].number}" if more else None
    following = f"{request.path}{next_url}&format=json" if next_url else None
    if wanted == "json":
        return JsonResponse({"items": [described(run) for run in shown], "next": following})
    return render(
        request,
        "workflows/list.html",
        context(
            request,
            project,
            runs=shown,
            next_url=next_url,
            specifications=project.specifications.defer("code"),
            first_page=not before,
            **list_notes(request, project),
        ),
    )


@require_safe
@login_not_required
def latest(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment for the project's page: the last finished run's pictures, and what runs now."""
    project = project_for(request.user, slug, Permission.VIEW)
    runs = visible_runs(request, project).defer("code", "text", "steps", "files")
    finished = runs.filter(status=Run.Status.FINISHED).order_by("-number").first()
    return render(
        request,
        "workflows/latest.html",
        context(
            request,
            project,
            finished=finished,
            pictures=pictures_of(finished, 2) if finished else [],
            running=runs.exclude(status__in=Run.ENDED)[:5],
            **list_notes(request, project),
        ),
    )


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: the reader's own latest runs, as far as they still may see them."""
    own = Run.objects.filter(by=person(request)).visible_to(request.user)
    runs = own.select_related("specification", "project").defer("code", "text", "steps", "files")
    return render(request, "workflows/mine.html", {"runs": runs.order_by("-pk")[:8]})


@require_safe
def use(request: HttpRequest) -> HttpResponse:
    """The reader's workflows that could take a file of a lake as an input; each leads to its launch form with the file filled in."""
    lake, did = (request.GET.get(name, "")[:300] for name in ("lake", "did"))
    # Who may not read the file learns nothing of it, not even that a workflow takes it.
    readable = audience.can_read(request.user, Origin.of_did(lake, did))
    launchable = (
        [] if not readable else [item for item in Project.objects.mine(person(request)) if can(request.user, item, Permission.LAUNCH)]
    )
    query = urlencode({"lake": lake, "did": did})
    places = [
        {
            "specification": item,
            "path": path,
            "page": f"{reverse('workflows:launch', args=[item.project.slug])}?specification={item.name}&{query}",
        }
        for item in Specification.objects.filter(project__in=launchable).select_related("project").defer("code", "text")
        if (path := place_for(item, lake, did))
    ]
    return render(request, "workflows/use.html", {"did": did, "places": places})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """The launch form, and the launch: the answer comes at once, a worker does the rest."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    specifications = list(Specification.objects.filter(project=project))
    specification = chosen_specification(request, specifications)
    page: dict[str, Any] = {"specification": specification, "specifications": specifications}
    if specification.faults:
        status = 422 if request.method == "POST" else 200
        return render(request, "workflows/faulty.html", context(request, project, **page), status=status)
    earlier = request.GET.get("from", "")
    number = int(earlier[:9]) if earlier.isdecimal() else 0
    previous = Run.objects.filter(project=project, number=number, specification=specification).visible_to(request.user).first()
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
    status = 422 if form.is_bound and form.errors else 200
    page |= {"form": form, "checks": form.checks, "previous": previous, "nodes": graph(specification)}
    return render(request, "workflows/new.html", context(request, project, **page), status=status)


def chosen_specification(request: HttpRequest, specifications: list[Specification]) -> Specification:
    """The one that the address or the form names, else the first that can be launched; raises Http404 where there is none."""
    name = request.POST.get("specification") or request.GET.get("specification")
    found = [item for item in specifications if item.name == name] if name else sorted(specifications, key=lambda item: bool(item.faults))
    if not found:
        raise Http404("This project has no such workflow.")
    return found[0]


def launched(request: HttpRequest, project: Project, form: LaunchForm) -> Run | None:
    """The new run; None with errors on the form where it is refused."""
    lookup = look_up(person(request), form.inputs)
    for path, words in lookup.wrong.items():
        form.add_error(f"i-{form.paths.index(path)}", words)
    if lookup.wrong:
        return None
    try:
        found = services.launch(
            by=person(request),
            project=project,
            specification=form.specification,
            parameters=form.parameters,
            inputs=form.inputs,
            key=form.cleaned_data["key"],
            server=form.server,
        )
    except services.TokenMissing as error:
        form.add_error(None, format_html('{} <a href="{}">Store a token</a>', str(error), reverse("stored:tokens")))
        return None
    except services.NotNow as error:
        form.add_error(None, str(error))
        return None
    if lookup.not_checked:
        messages.info(request, f"{lookup.not_checked} The run says if one is missing.")
    return found


@require_safe
@login_not_required
def run(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A run: states, steps, logs, then what came out. The part that changes asks for itself again until the run has ended."""
    found = run_for(request, slug, number)
    if request.GET.get("format") == "json":
        return JsonResponse(described_with_files(found))
    if not found.ended:
        watching.watch(found)
    digest = found.digest
    if request.headers.get("HX-Request") and request.GET.get("seen") == digest:
        return HttpResponse(status=204)  # nothing new: the browser keeps what it shows
    kept = kept_of(request, found)
    nodes = graph(found)
    page = context(
        request,
        found.project,
        run=found,
        digest=digest,
        nodes=nodes,
        failed_step=next((node for node in nodes if node.failed_job), None),
        forgotten=forgotten(found.steps),
        outputs=outputs_of(found),
        keeps=kept,
        keeping=any(not item.ended for item in kept),
        can_stop=can(request.user, found.project, Permission.LAUNCH) and found.by_id == request.user.pk,
        can_copy=may_copy(request.user, found),
        can_publish=can_publish(request.user, found),
        can_unpublish=can_unpublish(request.user, found),
        closed=[audience.title_of(origin) for origin in audience.restricted(origins_of(found))],
        **keeping(request, found),
    )
    return render(request, "workflows/run.html#status" if request.headers.get("HX-Request") else "workflows/run.html", page)


@require_POST
def stop(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for the run to end."""
    found = run_for(request, slug, number, Permission.LAUNCH)
    if found.by_id != person(request).pk:
        raise PermissionDenied("A run is stopped by whoever launched it, for it runs in their name.")
    services.stop(by=person(request), run=found)
    return redirect(found)
