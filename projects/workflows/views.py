"""Pages of a project's workflow runs."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Project
from projects.permissions import Permission, can, permissions, project_for
from projects.workflows import services, watching
from projects.workflows.forms import KeepForm, LaunchForm
from projects.workflows.models import Run, Specification
from projects.workflows.offering import place_for
from projects.workflows.presenting import described, graph, outputs_of
from vre_portal.iam.sign_in import person
from vre_portal.services import ServiceKind, service
from vre_portal.tables import listing

PAGE = 50


def context(request: HttpRequest, project: Project, **more: Any) -> dict[str, Any]:
    """What every page of a project knows."""
    may = permissions(request.user, project)
    return {
        "project": project,
        "may": may,
        "can_launch": Permission.LAUNCH in may,
        "can_edit": Permission.EDIT in may,
        "tab": "workflows",
        **more,
    }


def run_for(request: HttpRequest, slug: str, number: int, permission: Permission = Permission.VIEW) -> Run:
    """A run of a project, for somebody who may do this with it."""
    project = project_for(request.user, slug, permission)
    return get_object_or_404(Run.objects.select_related("project", "specification", "by"), project=project, number=number)


@require_safe
@login_not_required
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The project's specifications and its runs, newest first, by keyset pages."""
    project = project_for(request.user, slug, Permission.VIEW)
    runs = Run.objects.filter(project=project).select_related("specification", "by", "project").defer("code", "text", "specification__code")
    before = request.GET.get("before", "")
    if before.isdecimal():
        runs = runs.filter(number__lt=int(before[:9]))
    if not request.GET.get("format"):
        runs = runs.defer("steps", "files")  # logs: a megabyte each
    found = list(runs.order_by("-number")[: PAGE + 1])
    shown, more = found[:PAGE], len(found) > PAGE
    next_url = f"?before={shown[-1].number}" if more else None
    wanted = request.GET.get("format", "")
    following = f"{request.path}{next_url}&format={wanted}" if next_url else None
    rows = [described(run) for run in shown] if wanted else []
    if plain := listing(request, rows, following=following, filename=f"{slug}-runs"):
        return plain
    return render(
        request,
        "workflows/list.html",
        context(
            request, project, runs=shown, next_url=next_url, specifications=project.specifications.defer("code"), first_page=not before
        ),
    )


@require_safe
@login_not_required
def latest(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment for the project's page: the last finished run's pictures, and what runs now."""
    project = project_for(request.user, slug, Permission.VIEW)
    runs = Run.objects.filter(project=project).select_related("specification", "by", "project").defer("code", "text", "steps", "files")
    finished = runs.filter(status=Run.Status.FINISHED).order_by("-number").first()
    return render(
        request,
        "workflows/latest.html",
        context(
            request,
            project,
            finished=finished,
            outputs=outputs_of(finished) if finished else None,
            running=runs.exclude(status__in=Run.ENDED)[:5],
        ),
    )


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: the reader's own latest runs in projects that they still may see."""
    visible = Project.objects.visible_to(request.user)
    runs = Run.objects.filter(by=person(request), project__in=visible).select_related("specification", "project").defer("code", "text")
    return render(request, "workflows/mine.html", {"runs": runs.order_by("-pk")[:8]})


@require_safe
def use(request: HttpRequest) -> HttpResponse:
    """The reader's workflows that could take a file of a lake as an input; each leads to its launch form with the file filled in."""
    lake, did = (request.GET.get(name, "")[:300].replace("\0", "") for name in ("lake", "did"))
    launchable = [item for item in Project.objects.mine(person(request)) if can(request.user, item, Permission.LAUNCH)]
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
    chosen = (request.POST.get("specification") or request.GET.get("specification") or "").replace("\0", "")
    specifications = Specification.objects.filter(project=project)
    specification = specifications.filter(name=chosen).first() if chosen else specifications.first()
    if specification is None:
        raise Http404("This project has no such workflow.")
    earlier = request.GET.get("from", "")
    number = int(earlier[:9]) if earlier.isdecimal() else 0
    previous = Run.objects.filter(project=project, number=number, specification=specification).first()
    offered = (request.GET.get("lake", ""), request.GET.get("did", ""))
    form = LaunchForm(request.POST or None, specification=specification, previous=previous, offered=offered)
    if request.method == "POST" and form.is_valid():
        try:
            run = services.launch(
                by=person(request),
                project=project,
                specification=specification,
                parameters=form.parameters,
                inputs=form.inputs,
                key=form.cleaned_data["key"],
                server=form.server,
            )
        except services.TokenMissing as error:
            form.add_error(None, format_html('{} <a href="{}">Store a token</a>', str(error), reverse("stored:tokens")))
        except services.NotNow as error:
            form.add_error(None, str(error))
        else:
            if request.GET.get("format") == "json":
                return JsonResponse(described(run), status=202)
            return redirect(run)
    status = 422 if form.is_bound and form.errors else 200
    page = context(
        request,
        project,
        form=form,
        specification=specification,
        specifications=specifications,
        checks=form.checks,
        previous=previous,
        nodes=graph(specification),
    )
    return render(request, "workflows/new.html", page, status=status)


@require_safe
@login_not_required
def run(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A run: states, steps, logs, then what came out. The part that changes asks for itself again until the run has ended."""
    found = run_for(request, slug, number)
    if request.GET.get("format") == "json":
        return JsonResponse(described(found))
    if not found.ended:
        watching.watch(found)
    digest = found.digest
    if request.headers.get("HX-Request") and request.GET.get("seen") == digest:
        return HttpResponse(status=204)  # nothing new: the browser keeps what it shows
    kept = list(found.keeps.all())
    page = context(
        request,
        found.project,
        run=found,
        digest=digest,
        nodes=graph(found),
        outputs=outputs_of(found),
        keeps=kept,
        keeping=any(not item.ended for item in kept),
        can_stop=can(request.user, found.project, Permission.LAUNCH) and found.by_id == request.user.pk,
        can_keep=can(request.user, found.project, Permission.KEEP),
    )
    return render(request, "workflows/run.html#status" if request.headers.get("HX-Request") else "workflows/run.html", page)


@require_safe
@login_not_required
def keeps(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A fragment: how far the kept results are."""
    found = run_for(request, slug, number)
    kept = list(found.keeps.all())
    return render(
        request,
        "workflows/keeps.html",
        context(request, found.project, run=found, keeps=kept, keeping=any(not item.ended for item in kept)),
    )


@require_POST
def stop(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for the run to end."""
    found = run_for(request, slug, number, Permission.LAUNCH)
    if found.by_id != person(request).pk:
        raise PermissionDenied("A run is stopped by whoever launched it, for it runs in their name.")
    services.stop(by=person(request), run=found)
    return redirect(found)


@require_safe
@login_not_required
def file(request: HttpRequest, slug: str, number: int, name: str) -> FileResponse:
    """An output: pictures are shown, everything else is downloaded; nothing of it is ever active here."""
    output = get_object_or_404(run_for(request, slug, number).outputs, path=name.replace("\0", ""))
    shown = output.is_picture and not request.GET.get("download")
    try:
        content = output.file.open("rb")
    except FileNotFoundError:
        raise Http404("The portal no longer has this file; REANA may have it.") from None
    response = FileResponse(content, as_attachment=not shown, filename=name.rsplit("/", 1)[-1])
    response["Content-Type"] = "image/png" if output.is_picture else "application/octet-stream"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Choose outputs to keep as a dataset in the project's scope."""
    found = run_for(request, slug, number, Permission.KEEP)
    lake = service(ServiceKind.RUCIO)
    paths = list(found.outputs.values_list("path", flat=True))
    suggestion = f"{'DM' if 'dark' in found.project.theme.lower() else 'EU'}.{found.specification.name}.run{found.number}"
    form = KeepForm(request.POST or None, paths=paths, copy_rses=list(lake.options.get("copy_rses", [])), initial={"dataset": suggestion})
    if form.is_bound and not found.project.scope:
        form.add_error("dataset", "This project has no scope in the Data Lake yet: one of its leads asks for one.")
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.keep(
                by=person(request),
                run=found,
                key=values["key"],
                lake=lake.name,
                scope=found.project.scope,
                dataset=values["dataset"],
                paths=values["paths"],
                rse=lake.options["upload_rse"],
                copy_rse=values["copy_rse"],
            )
        except IntegrityError:
            form.add_error("dataset", "A result was already kept under this name. Choose another.")
        else:
            messages.success(request, "Your files are on their way into the Data Lake.")
            return redirect(f"{reverse('workflows:run', args=[slug, number])}#kept")
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "workflows/keep.html", context(request, found.project, run=found, form=form, lake=lake), status=status)
