"""What the pages of runs share: the run for somebody who sees it, the runs of a list, and what stands on every page."""

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from projects.models import Project
from projects.permissions import Permission, can, project_for, role_of
from projects.resource_access import can_see
from projects.workflows import keep_places, publication
from projects.workflows.inputs.lineage import keeps_about
from projects.workflows.models import Keep, Run, RunQuerySet
from projects.workflows.models.label import tag_names
from projects.workflows.permissions import can_see_run, is_shown_to_all
from vre_portal.iam.current_user import current_user
from vre_portal.services import ServiceKind, services

TAB = "workflows"  # of a project's pages
UNREAD = ("text", "code", "steps", "files")  # large columns of runs that are only named


def run_for(request: HttpRequest, slug: str, number: int, permission: Permission = Permission.VIEW) -> Run:
    """A run of a project, for somebody who sees it and may do this with it.

    Raises Http404 where the run may not be seen (nothing tells it from one that does not exist), PermissionDenied where the permission is
    missing in the project, whether or not there is such a run.
    """
    project = project_for(request.user, slug, permission)
    runs = (
        Run.objects.filter(project=project, number=number)
        .select_related("specification", "version", "by", "published_by", "result", "deletion", "continues__project")
        .select_related("made_from__project", "made_from__version")
        .defer("version__text", *(f"{other}__{column}" for other in ("continues", "made_from") for column in UNREAD))
        .defer("made_from__version__text", "made_from__version__reading")
    )
    run = get_object_or_404(runs.annotate(tag_names=tag_names()).prefetch_related("origins"))
    run.project = project
    if not can_see_run(request.user, run):
        raise Http404("No Run matches the given query.")  # untranslated: as Django says it where there is no such run
    run.__dict__["is_published"] = is_shown_to_all(run)  # as the query of a list annotates it
    return run


def visible_runs(request: HttpRequest, project: Project) -> RunQuerySet:
    """The runs of a project that the reader may see, with what a line about each needs."""
    return Run.objects.filter(project=project).visible_to(request.user).select_related("specification", "by", "project")


def list_notes(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What stands below a list of runs, for this reader."""
    return {"left_out": what_lists_leave_out(request, project), "undecided": count_undecided(request, project)}


def what_lists_leave_out(request: HttpRequest, project: Project) -> str:
    """Why a list of runs may not be all of them: the same words whether or not there are others."""
    if role_of(request.user, project) is None:
        return _("Only project members can see runs that are not published.")
    if any(lake.options.get("restricted_scopes") for lake in services(ServiceKind.RUCIO)):
        return _("Runs that read restricted data are listed only for people with access to these data.")
    return ""


def count_undecided(request: HttpRequest, project: Project) -> int:
    """How many runs were public before runs were for members, for those who decide what becomes of them."""
    return publication.undecided(current_user(request), project).count() if can(request.user, project, Permission.PUBLISH) else 0


def kept_of(request: HttpRequest, run: Run) -> list[Keep]:
    """The results of a run that were kept in scopes which the reader may see: a published run may have been kept for fewer people."""
    return [item for item in keeps_about(run) if item.run_id == run.pk and can_see(request.user, run.project, item.origin)]


def keeping(request: HttpRequest, run: Run) -> dict[str, Any]:
    """Whether the reader may keep what the run made in the project's scope, and if not, why not."""
    if not can(request.user, run.project, Permission.KEEP):
        return {"can_keep": False, "why_not_keep": ""}
    reason = keep_places.why_nowhere(current_user(request), run)
    return {"can_keep": reason == "", "why_not_keep": reason or ""}
