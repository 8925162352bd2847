"""Delete what somebody wants deleted of a run. Each step may be interrupted and done again: what is gone is no error."""

import logging

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from projects import authorization
from projects.deletion import delete_rows
from projects.locking import ProjectClosed, open_project_locked
from projects.models import Project
from projects.workflows import reana
from projects.workflows.deletion.facts import why_not_run, why_not_workspace
from projects.workflows.listing import ONLY_THERE
from projects.workflows.models import DeletedRun, Run, RunDeletion, RunFile
from projects.workflows.models.run_topic import tell_of_deletion
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, service

logger = logging.getLogger(__name__)
MAX_OUTAGES = 60  # attempts, the later ones a minute apart
GONE = RunFile.State.DELETED


class Deletions(Runner[RunDeletion]):
    """Runs of which something is to be deleted."""

    model = RunDeletion
    max_outages = MAX_OUTAGES

    def ready(self) -> Q:
        return Q(state=RunDeletion.State.DELETING)

    def work(self, job: RunDeletion) -> float:
        run = _read(job)
        by = authorization.refresh_user(job.by)
        if job.of_run:
            _require(why_not_run(by, run))  # where both are wanted and the run has to stay, its files stay, too
        if job.of_workspace and run.workspace_deleted_at is None:
            _require(why_not_workspace(by, run))
            _delete_workspace(job, run)
        if job.of_run:
            _delete_here(job, run.project, by)
        else:
            job.done()
        return 0

    def refused(self, job: RunDeletion, error: Exception) -> float:
        job.failed(str(error))
        return 0

    def delayed(self, job: RunDeletion, words: str) -> None:
        job.delayed(words)

    def given_up(self, job: RunDeletion, words: str) -> None:
        job.failed(words)


runner = Deletions()


def delete(pk: int) -> None:
    """Do one."""
    runner.perform(pk)


def _read(job: RunDeletion) -> Run:
    """The run as it is now, with what is asked of it."""
    return Run.objects.select_related("project", "by", "result").prefetch_related("origins").get(pk=job.run_id)


def _require(reason: str) -> None:
    """Raises Refused where the person may not, or may no longer, delete it."""
    if reason:
        raise Refused(reason)


def _delete_workspace(job: RunDeletion, run: Run) -> None:
    """Delete the workflow at REANA, which takes its files, and the others of the same workspace, which nothing is left of."""
    server = service(ServiceKind.REANA, run.server)
    token = access_token(run.by, server, purpose=_("delete %(run)s") % {"run": run.name})
    job.hold()
    _delete_one(server, token, run.remote_id)
    for other in reana.find_by_name(server, token, run.remote_name):
        job.hold()
        try:
            _delete_one(server, token, other.id)
        except RemoteRefused as error:  # of files that are gone already: an entry of REANA's list stays
            logger.info("workflow %s was not deleted at %s: %s", other.id, server.name, error)
    with transaction.atomic():
        job.hold()
        sharing = Run.objects.sharing_workspace(run)
        gone = RunFile.objects.filter(run__in=sharing.values("pk"), state__in=ONLY_THERE)
        gone.update(state=GONE, reason=_("The files at REANA were deleted."), lease_until=None)
        run.workspace_deleted()


def _delete_one(server: Service, token: str, workflow: str) -> None:
    try:
        reana.delete(server, token, workflow)
    except RemoteRefused as error:
        if error.status == 404:
            return
        # What an interrupted attempt has deleted may be refused in other words than 404.
        if reana.status(server, token, workflow).status != Run.Status.DELETED:
            raise


def _delete_here(job: RunDeletion, project: Project, by: User) -> None:
    """Delete the run with all that depends on it, its files once that is certain, and note its number."""
    with transaction.atomic():
        try:
            open_project_locked(project)
        except ProjectClosed as closed:
            raise Refused(str(closed)) from None
        run = _read(job)  # as it is under the lock: deleting its files may have taken minutes
        _require(why_not_run(by, run))
        job.hold()
        DeletedRun.objects.get_or_create(project=project, number=run.number)
        delete_rows(Run.objects.filter(pk=run.pk))
        job.is_gone = True
        tell_of_deletion(job.run_id)
