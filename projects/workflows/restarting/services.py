"""Ask for a failed run to be continued: a new run that shares its workspace."""

import uuid

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from projects.locking import ProjectClosed
from projects.workflows import new_runs
from projects.workflows.models import Run, RunDeletion, RunInput
from projects.workflows.permissions import origins_of
from projects.workflows.refusals import NotNow
from projects.workflows.restarting.facts import Continuation
from projects.workflows.services import require_launchable, subject_of
from vre_portal.audit import record
from vre_portal.iam.models import User


def key_of(run: Run) -> uuid.UUID:
    """The key of the run that continues it: another one after each that ended before REANA began it, for such a run continues nothing."""
    begun = Run.objects.begun_or_waiting().filter(continues=run)
    ended = Run.objects.filter(continues=run).exclude(pk__in=begun.values("pk")).order_by("-number").only("key").first()
    return uuid.uuid5((ended or run).key, "continue")


def _known(by: User, run: Run) -> Run | None:
    """The run that continues it; None where none does."""
    return Run.objects.begun_or_waiting().filter(by=by, continues=run).first()


def continue_run(*, by: User, run: Run, how: Continuation) -> Run:
    """Create the row of the run that continues a failed one and queue it; asking again returns the same run. Raises NotNow."""
    if known := _known(by, run):
        return known
    if not how.is_possible:
        raise NotNow(how.why_not)
    require_launchable(by, run.server, _("continue a run"))
    try:
        return _new_run(by, run, how)
    except (IntegrityError, NotNow, ProjectClosed) as error:
        if known := _known(by, run):  # the other press of the button was first
            return known
        if isinstance(error, ProjectClosed):
            raise NotNow(str(error)) from error
        raise


def _new_run(by: User, run: Run, how: Continuation) -> Run:
    with transaction.atomic():
        new_runs.take_turn(by, run.project, run.server)
        _require_not_deleting(run)
        new = new_runs.create(
            by=by,
            project=run.project,
            server=run.server,
            key=key_of(run),
            specification=run.specification,
            version=run.version,
            commit=run.commit,
            text=run.text,
            code=run.code,
            parameters=run.parameters,
            inputs=run.inputs,
            attached=run.attached,
            overrides=run.overrides,
            continues=run,
            workspace_name=run.remote_name,
            from_step=how.step,
        )
        inputs = list(run.input_files.all())  # they are in the workspace already
        for row in inputs:
            row.pk, row.run = None, new
        RunInput.objects.bulk_create(inputs)
        new.uploads.add(*run.uploads.all())
        new.comes_from(*origins_of(run))
        record("run.continue", by=by, subject=subject_of(new), continues=run.number, step=how.step[:80], name=run.remote_name)
    return new


def _require_not_deleting(run: Run) -> None:
    """Raises NotNow where the run is being deleted, or its workspace, which may be wished of any run that shares it."""
    deleting = RunDeletion.objects.filter(run__in=Run.objects.sharing_workspace(run), state=RunDeletion.State.DELETING)
    if deleting.filter(Q(run=run) | Q(of_workspace=True)).exists():
        raise NotNow(_("The run or its files at REANA are being deleted."))
