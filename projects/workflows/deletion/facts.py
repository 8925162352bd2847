"""What goes and what stays where a run is deleted, and why somebody may not delete it."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from projects.workflows.listing import ONLY_THERE
from projects.workflows.models import FetchSecret, Keep, Result, Run, RunFile
from projects.workflows.models.run_queries import RunQuerySet
from projects.workflows.permissions import can_decide, may_copy
from vre_portal.iam.models import User

KEPT_UNDER_WAY = (Keep.Status.QUEUED, Keep.Status.UPLOADING)


@dataclass(frozen=True)
class Losses:
    """How many files go; bytes are those that are known."""

    here: int
    here_bytes: int
    only_there: int
    only_there_bytes: int
    outputs_only_there: int  # of these, the declared outputs
    unlisted: int  # files that REANA listed and that have no row
    of_others: int  # paths that only other runs in the same workspace list as at REANA only


def losses_of(run: Run) -> Losses:
    """Files that are copied, and files that are at REANA only."""
    copied = Q(state=RunFile.State.COPIED)
    only_there = Q(state__in=ONLY_THERE)
    found = run.outputs.aggregate(
        here=Count("pk", filter=copied),
        here_bytes=Sum("size", filter=copied),
        only_there=Count("pk", filter=only_there),
        only_there_bytes=Sum("size", filter=only_there),
        outputs_only_there=Count("pk", filter=only_there & Q(is_declared=True)),
        listed=Count("pk", filter=~Q(state=RunFile.State.MISSING)),
    )
    unlisted = max(run.files_total - found.pop("listed"), 0)
    others = RunFile.objects.filter(only_there, run__in=Run.objects.sharing_workspace(run).exclude(pk=run.pk).values("pk"))
    of_others = others.exclude(path__in=run.outputs.filter(only_there).values("path")).values("path").distinct().count()
    return Losses(**{name: value or 0 for name, value in found.items()}, unlisted=unlisted, of_others=of_others)


def can_delete(user: User | AnonymousUser, run: Run) -> bool:
    """Whether somebody may delete something of the run, now or later."""
    return may_copy(user, run) or can_decide(user, run)


def why_not_workspace(user: User | AnonymousUser, run: Run) -> str:
    """Why somebody may not delete the files of the run at REANA; empty where they may."""
    if not run.remote_id:
        return _("The run has no files at REANA.")
    if run.workspace_deleted_at or run.status == Run.Status.DELETED:
        return _("The files of the run at REANA are deleted already.")
    if not may_copy(user, run):
        return _("Only %(person)s, who launched the run, can delete its files at REANA.") % {"person": run.by}
    if run.fetching:
        return _("Files of the run are still being copied to the portal. Delete them at REANA when this is complete.")
    if other := next((other for other in _others(run) if other.fetching), None):
        text = _(
            "Run %(number)s uses the same files at REANA, and some of them are still being copied to the portal. Wait until this is complete."
        )
        return text % {"number": other.number}
    if Keep.objects.filter(run__in=_others(run), status__in=KEPT_UNDER_WAY).exists():
        return _("A result of a run with the same files at REANA is still being stored in the Data Lake. Wait until this is complete.")
    return _under_way(run)


def why_not_run(user: User | AnonymousUser, run: Run) -> str:
    """Why somebody may not delete the run in the portal; empty where they may."""
    if not can_decide(user, run):
        return _("Only %(person)s, who launched the run, and the project leads can delete it.") % {"person": run.by}
    result: Result | None = getattr(run, "result", None)
    if result is not None and result.is_withdrawn:
        return _("The result of this run was withdrawn. Its page stays and says so.")
    if result is not None and result.was_published:
        return _("The result of this run has been public, so its page stays. You can withdraw the result.")
    if run.published_at:
        return _("This run is published. Unpublish it first.")
    if result is not None and not result.can_be_deleted:
        return _("The result of this run was stored in the Data Lake, so its page stays. You can withdraw the result.")
    if FetchSecret.objects.being_deleted().filter(run=run).exists():
        return _("The secret of this run at REANA is still being deleted. Wait until this is complete.")
    return _under_way(run)


def _others(run: Run) -> RunQuerySet:
    """The other runs in the same workspace."""
    return Run.objects.sharing_workspace(run).exclude(pk=run.pk).order_by("number")


def _under_way(run: Run) -> str:
    """What has to end before something of the run is deleted."""
    if not run.ended:
        return _("The run has not ended. Stop it first.")
    if other := _others(run).exclude(status__in=Run.ENDED).only("number").first():
        return _("Run %(number)s uses the same files at REANA and has not ended. Stop it first.") % {"number": other.number}
    if run.keeps.filter(status__in=KEPT_UNDER_WAY).exists():
        return _("A result of the run is still being stored in the Data Lake. Wait until this is complete.")
    return ""
