"""Ask for the whole log of a job."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.workflows import tasks
from projects.workflows.models import Run, WholeLog
from projects.workflows.models.whole_log import KEPT_FOR
from projects.workflows.refusals import NotNow
from projects.workflows.services import require_sign_in
from vre_portal.celery import enqueue
from vre_portal.iam.models import User

MAX_LOGS = 5  # of one person at a time; the oldest ones go


def ask_for(*, by: User, run: Run, number: int) -> WholeLog:
    """Queue the log of a job to be fetched, unless it is here or on its way. Raises NotNow."""
    if run.workspace_deleted_at or not run.remote_id:
        raise NotNow(_("The whole log is no longer at REANA."))
    if known := _usable(run, number):
        return known
    require_sign_in(by, run.server, _("logs of a run"))
    wish = {"state": WholeLog.State.FETCHING, "error": "", "expires_at": timezone.now() + KEPT_FOR}
    with transaction.atomic():
        # One of a person at a time, so that none is counted too few.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
        if known := _usable(run, number):  # the other press of the button was first
            return known
        others = WholeLog.objects.filter(run__by=by).exclude(run=run, number=number).order_by("-pk")
        for old in others[MAX_LOGS - 1 :]:
            old.delete()
        WholeLog.objects.filter(run=run, number=number).delete()
        log = WholeLog.objects.create(run=run, number=number, **wish)
        enqueue(tasks.fetch_log, log.pk)
    return log


def _usable(run: Run, number: int) -> WholeLog | None:
    """The log that is here, or on its way."""
    known = WholeLog.objects.filter(run=run, number=number).first()
    return known if known and (known.is_fetching or (known.is_ready and not is_outdated(known, run))) else None


def is_outdated(log: WholeLog, run: Run) -> bool:
    """Whether the job may have written more since the log was fetched."""
    ended = run.finished_at
    return log.fetched_at is not None and (ended is None or log.fetched_at < ended + timedelta(seconds=1))
