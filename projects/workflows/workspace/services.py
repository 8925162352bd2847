"""What people do with the workspace of a run: ask for the list of its files as they are now."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.workflows import tasks, viewers
from projects.workflows.listing import why_not_listed
from projects.workflows.models import Run
from projects.workflows.refusals import NotNow
from projects.workflows.services import require_sign_in
from vre_portal.celery import enqueue
from vre_portal.iam.models import User

PAUSE_SECONDS = 10.0  # between two lists of one run


def list_files(*, by: User, run: Run) -> None:
    """Ask for the files of a run as they are now; a worker reads the list with the token of `by`, who launched the run. Raises NotNow, SignInAgain."""
    if reason := why_not_listed(run):
        raise NotNow(reason)
    if run.files_as_of and (timezone.now() - run.files_as_of).total_seconds() < PAUSE_SECONDS:
        raise NotNow(_("The files were listed a few seconds ago. Try again shortly."))
    require_sign_in(by, run.server, _("list the files of a run"))
    with transaction.atomic():
        open_project_locked(run.project)
        run.ask_for_list()
        enqueue(tasks.list_files, run.pk)
    viewers.end_rest(by.pk, run.server)
