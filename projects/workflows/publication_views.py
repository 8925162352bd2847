"""Pages on which people decide whether everybody who sees a project sees its runs."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from projects import audience
from projects.audience import Origin
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows import publication
from projects.workflows.models import Run
from projects.workflows.pages import TAB, run_for
from projects.workflows.permissions import can_publish, can_unpublish, origins_of
from vre_portal.iam.current_user import current_user

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
        publication.publish(by=current_user(request), run=run, confirmed=confirmed)
    except publication.MustConfirm as error:
        return ask(request, run, str(error) if "asked" in request.POST else "")
    except publication.NotPublished as error:
        raise PermissionDenied(str(error)) from None
    messages.success(request, _("Run %(number)s is published.") % {"number": number})
    return redirect(run)


def why_not_publish(run: Run) -> str:
    """Who may publish it instead of somebody who may not."""
    if audience.restricted(origins_of(run)):
        return _("This run read restricted data. Only an owner of these data can publish it.")
    return _("Only %(person)s, who launched the run, and the project leads can publish it.") % {"person": run.by}


def ask(request: HttpRequest, run: Run, error: str = "") -> HttpResponse:
    """What would be shown to whom, with the restricted data that it comes from."""
    closed = [(f"{origin.lake}/{origin.scope}", audience.title_of(origin)) for origin in audience.restricted(origins_of(run))]
    page = project_context(request, run.project, TAB, run=run, closed=closed, error=error)
    return render(request, "workflows/publish.html", page, status=422 if error else 200)


@require_POST
def unpublish(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show a run to members only."""
    run = run_for(request, slug, number)
    if not can_unpublish(request.user, run):
        text = _("Only %(person)s, who launched the run, the project leads and the owners of its data can unpublish it.")
        raise PermissionDenied(text % {"person": run.by})
    publication.unpublish(by=current_user(request), run=run)
    messages.success(request, _("Run %(number)s is no longer published.") % {"number": number})
    if Run.objects.filter(pk=run.pk).visible_to(request.user).exists():
        return redirect(run)
    return redirect("workflows:index", slug)  # an owner of the data who is no member does not see it any more


@require_http_methods(["GET", "HEAD", "POST"])
def earlier(request: HttpRequest, slug: str) -> HttpResponse:
    """What becomes of the runs that everybody could read before runs were for members: the leads decide once."""
    project = project_for(request.user, slug, Permission.PUBLISH)
    if request.method == "POST" and request.POST.get("decision") == "publish":
        count = publication.publish_earlier(by=current_user(request), project=project)
        messages.success(request, ngettext("%(n)s run published.", "%(n)s runs published.", count) % {"n": count})
        return redirect("workflows:index", slug)
    if request.method == "POST" and request.POST.get("decision") == "keep":
        count = publication.keep_earlier_for_members(by=current_user(request), project=project)
        text = ngettext("%(n)s run is visible to members only.", "%(n)s runs are visible to members only.", count)
        messages.success(request, text % {"n": count})
        return redirect("workflows:index", slug)
    runs = (
        publication.undecided(current_user(request), project).select_related("specification", "project", "by").prefetch_related("origins")
    )
    found = list(runs.defer("text", "code", "steps", "files").order_by("-number"))
    free: list[Run] = []
    closed: list[Run] = []
    for run in found:
        (closed if audience.restricted(origins_of(run)) else free).append(run)
    page = project_context(request, project, TAB, free=free[:SHOWN], count=len(free), closed=closed[:SHOWN], closed_count=len(closed))
    return render(request, "workflows/earlier.html", page)
