"""Whether the files of a run at REANA can be listed, and what is noted where they cannot."""

from django.utils.translation import gettext as _

from projects.workflows.models import Run, RunFile

ONLY_THERE = (RunFile.State.LEFT, RunFile.State.FAILED, RunFile.State.WAITING)


def why_not_listed(run: Run) -> str:
    """Why the files of a run cannot be listed, for anybody; empty where they can."""
    if run.workspace_deleted_at or run.status == Run.Status.DELETED:
        return _("The files of the run at REANA are deleted.")
    if not run.has_workspace:
        return _("The run has no files at REANA.")
    if run.status == Run.Status.FINISHED and run.listed_at and not run.files_note:
        return _("The list of files is complete: a run that has finished does not change.")
    if run.ended and Run.objects.sharing_workspace(run).begun_or_waiting().filter(number__gt=run.number).exists():
        return _("A later run continues this one in the same workspace, and its page lists the files that are there now.")
    return ""


def note_not_listed(run: Run, why: str) -> None:
    """The files are not listed, and not waited for; what was listed before stays."""
    if run.files_as_of or not run.ended:
        run.not_listed(why, is_over=True)
    if run.ended and run.listed_at is None:
        run.listed(run.files_total, why)
        run.collected()


def note_deleted(run: Run) -> None:
    """REANA deleted the run, and its files with it: those that are not here are no longer available."""
    gone = run.outputs.filter(state__in=ONLY_THERE)
    gone.update(state=RunFile.State.DELETED, reason=_("The run was deleted at REANA."), lease_until=None)
    if run.list_asked_at:
        run.not_listed(_("The files of the run at REANA are deleted."), is_over=True)
