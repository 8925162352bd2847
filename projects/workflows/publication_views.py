"""Pages on which people decide whether everybody who sees a project sees its runs."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from projects import audience
from projects.audience import Origin
from projects.permissions import Permission, project_for
from projects.workflows import publication
from projects.workflows.models import Run
from projects.workflows.pages import context, run_for
from projects.workflows.permissions import can_publish, can_unpublish, origins_of
from vre_portal.iam.sign_in import person

SHOWN = 50  # runs that a page names


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show a run to everybody who sees its project: one press, and where it read restricted data a page first that names them."""
    run = run_for(request, slug, number)
    if not can_publish(request.user, run):
        raise PermissionDenied(why_not_publish(run))
    if request.method != "POST":
        return ask(request, run)
    confirmed = [Origin(*value.split("/", 1)) for value in request.POST.getlist("confirm") if "/" in value]
    try:
        publication.publish(by=person(request), run=run, confirmed=confirmed)
    except publication.MustConfirm as error:
        return ask(request, run, str(error) if "asked" in request.POST else "")
    except publication.NotPublished as error:
        raise PermissionDenied(str(error)) from None
    messages.success(request, f"Run {number} is published.")
    return redirect(run)


def why_not_publish(run: Run) -> str:
    """Who may publish it instead of somebody who may not."""
    if audience.restricted(origins_of(run)):
        return "This run read restricted data: only an owner of these data may publish it."
    return f"Only {run.by}, who launched the run, and the project's leads may publish it."


def ask(request: HttpRequest, run: Run, error: str = "") -> HttpResponse:
    """What would be shown to whom, with the restricted data that it comes from."""
    closed = [(f"{origin.lake}/{origin.scope}", audience.title_of(origin)) for origin in audience.restricted(origins_of(run))]
    page = context(request, run.project, run=run, closed=closed, error=error)
    return render(request, "workflows/publish.html", page, status=422 if error else 200)


@require_POST
def unpublish(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show a run to members only."""
    run = run_for(request, slug, number)
    if not can_unpublish(request.user, run):
        raise PermissionDenied(f"Only {run.by}, who launched the run, the project's leads and the owners of its data may take this back.")
    publication.unpublish(by=person(request), run=run)
    messages.success(request, f"Run {number} is no longer published.")
    if Run.objects.filter(pk=run.pk).visible_to(request.user).exists():
        return redirect(run)
    return redirect("workflows:index", slug)  # an owner of the data who is no member does not see it any more


@require_http_methods(["GET", "HEAD", "POST"])
def earlier(request: HttpRequest, slug: str) -> HttpResponse:
    """What becomes of the runs that everybody could read before runs were for members: the leads decide once."""
    project = project_for(request.user, slug, Permission.PUBLISH)
    if request.method == "POST" and request.POST.get("decision") == "publish":
        count = publication.publish_earlier(by=person(request), project=project)
        messages.success(request, f"{count} run{'' if count == 1 else 's'} published.")
        return redirect("workflows:index", slug)
    if request.method == "POST" and request.POST.get("decision") == "keep":
        count = publication.keep_earlier_for_members(by=person(request), project=project)
        messages.success(request, f"{count} run{'' if count == 1 else 's'} kept for members.")
        return redirect("workflows:index", slug)
    runs = publication.undecided(person(request), project).select_related("specification", "project", "by").prefetch_related("origins")
    found = list(runs.defer("text", "code", "steps", "files").order_by("-number"))
    free, closed = list[Run](), list[Run]()
    for run in found:
        (closed if audience.restricted(origins_of(run)) else free).append(run)
    page = context(request, project, free=free[:SHOWN], count=len(free), closed=closed[:SHOWN], closed_count=len(closed))
    return render(request, "workflows/earlier.html", page)
