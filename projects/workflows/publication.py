"""Showing runs to everybody who sees their project, and taking that back: decided by people, under a lock, and recorded."""

from django.db import transaction
from django.db.models import Count, QuerySet, Window
from django.utils.translation import gettext as _

from projects import audience
from projects.audience import Origin
from projects.exposure import Exposure
from projects.locking import open_project_locked
from projects.models import Project
from projects.workflows import notices
from projects.workflows.models import Result, Run, RunDeletion, RunQuerySet
from projects.workflows.permissions import can_publish, origins_of
from projects.workflows.services import subject_of
from vre_portal.audit import record
from vre_portal.iam.models import User

NAMED = 20  # runs that a page names


class NotPublished(Exception):
    """The run is not published; the text says why."""


class MustConfirm(NotPublished):
    """It comes from restricted data, and not the same ones as the person was shown and confirmed."""


@transaction.atomic
def publish(*, by: User, run: Run, confirmed: list[Origin]) -> None:
    """Show a run to everybody who sees its project; `confirmed` are the restricted scopes that the person was shown. Raises NotPublished."""
    open_project_locked(run.project)
    run = Run.objects.select_for_update(of=("self",)).select_related("project", "by", "specification").get(pk=run.pk)
    closed = audience.restricted(origins_of(run))
    if not can_publish(by, run):
        if closed:
            raise NotPublished(_("This run read restricted data. Only an owner of these data can publish it."))
        raise NotPublished(_("You cannot publish this run."))
    if being_deleted().filter(run=run).exists():
        raise NotPublished(_("The run is being deleted."))
    if set(closed) - set(confirmed):
        raise MustConfirm(_("Confirm that results from these data become visible."))
    if run.status == Run.Status.FINISHED:
        result = Result.objects.present(run)
        if result.is_withdrawn:
            raise NotPublished(_("The result of this run was withdrawn, so the run is not published again."))
        result.published()
    run.publish(by, closed)
    notices.published(run, by)
    record("run.publish", by=by, subject=subject_of(run), restricted=[f"{origin.lake}/{origin.scope}" for origin in closed])


@transaction.atomic
def unpublish(*, by: User, run: Run) -> None:
    """Show a run to members only."""
    run = Run.objects.select_for_update(of=("self",)).select_related("project").get(pk=run.pk)
    if result := Result.objects.filter(run=run).first():
        result.note_audience()  # while it is still seen
    run.unpublish()
    notices.audience_changed(run)
    record("run.unpublish", by=by, subject=subject_of(run))


def undecided(by: User, project: Project) -> RunQuerySet:
    """The runs of a project that everybody could read before runs were for members, and that no lead has decided about; as `by` sees them."""
    return Run.objects.filter(project=project, was_public=True).visible_to(by)


@transaction.atomic
def publish_earlier(*, by: User, project: Project) -> int:
    """Publish those that nobody decided about; how many they are. What comes of restricted data stays for members: each is an act of its own."""
    open_project_locked(project)
    rows = undecided(by, project).select_related("project", "by", "specification", "result").prefetch_related("origins")
    rows = rows.exclude(pk__in=being_deleted().values("run"))
    runs = list(rows.defer("text", "code", "steps", "files", "specification__code"))
    free = [run for run in runs if not audience.restricted(origins_of(run)) and not run.is_withdrawn]
    Run.objects.filter(pk__in=[run.pk for run in free]).publish(by)
    Result.objects.present_published(free)
    return _decided(by, project, "run.publish-earlier", runs, len(free))


def being_deleted() -> QuerySet[RunDeletion]:
    """The deletions of whole runs that are under way."""
    return RunDeletion.objects.filter(of_run=True, state=RunDeletion.State.DELETING)


@transaction.atomic
def keep_earlier_for_members(*, by: User, project: Project) -> int:
    """Leave those that nobody decided about for members; how many they are."""
    open_project_locked(project)
    runs = list(undecided(by, project).only("pk"))
    return _decided(by, project, "run.keep-earlier", runs, len(runs))


def _decided(by: User, project: Project, action: str, runs: list[Run], count: int) -> int:
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(was_public=False)
    record(action, by=by, subject=f"project/{project.slug}", runs=count)
    return count


def exposure(user: User, project: Project) -> Exposure:
    """The published runs of a project, which everybody sees once the project is public."""
    runs = Run.objects.filter(project=project)
    shown = runs.shown_to_all().annotate(total=Window(Count("pk")))  # of all of them, whatever the slice
    rows = list(shown.select_related("specification").only("number", "specification__title").order_by("-number")[:NAMED])
    named, count = tuple(str(run) for run in rows), rows[0].__dict__["total"] if rows else 0
    closed = _("Other runs stay visible to members only until they are published, except for their results on public notebook pages.")
    return Exposure("published runs", named, count, closed, runs.count() - count)
