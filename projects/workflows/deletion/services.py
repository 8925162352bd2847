"""Ask for a run, or its files at REANA, to be deleted: the wish first, then a task for it."""

from django.db import transaction
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.workflows import tasks
from projects.workflows.deletion.facts import why_not_run, why_not_workspace
from projects.workflows.models import Run, RunDeletion
from projects.workflows.models.run_topic import tell_of_deletion
from projects.workflows.refusals import NotNow
from projects.workflows.services import require_sign_in, subject_of
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.jobs import lease


def delete(*, by: User, run: Run, workspace: bool, here: bool) -> RunDeletion:
    """Write down what is to be deleted and queue it. Raises NotNow with the reason where something of it may not be deleted."""
    if not workspace and not here:
        raise NotNow(_("Choose what to delete."))
    reason = (why_not_workspace(by, run) if workspace else "") or (why_not_run(by, run) if here else "")
    if reason:
        raise NotNow(reason)
    if workspace:
        require_sign_in(by, run.server, _("delete files of a run"))
    wish = {"by": by, "of_workspace": workspace, "of_run": here, "state": RunDeletion.State.DELETING, "error": ""}
    with transaction.atomic():
        open_project_locked(run.project)
        job, is_new = RunDeletion.objects.get_or_create(run=run, defaults=wish)
        if not is_new:
            free = RunDeletion.objects.filter(lease.free(), pk=job.pk).exclude(state=RunDeletion.State.DELETING)
            if not free.update(**wish, **RunDeletion.ANEW):
                raise NotNow(_("The run is already being deleted."))
        enqueue(tasks.delete_run, job.pk)
        tell_of_deletion(run.pk)
        record("run.delete", by=by, subject=subject_of(run), workspace=workspace, here=here, name=run.remote_name)
    return job
