"""What people do with runs: each act is written to the database first, then a task is queued for it."""

import uuid
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from projects.audience import Origin
from projects.locking import ProjectClosed, open_project_locked
from projects.models import Project
from projects.workflows import new_runs, notices, tasks
from projects.workflows.inputs.attached import not_usable, usable
from projects.workflows.launching.overrides import Overrides
from projects.workflows.models import Keep, Run, RunFile, RunFileQuerySet, Specification
from projects.workflows.outputs import MAX_COPIED_BYTES
from projects.workflows.refusals import KeyReused, NothingToCopy, NotNow, RunsStopped
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.stored import services as stored
from vre_portal.iam.vault import SignInAgain, require_token
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.stop_switches.present import ServiceStopped, require_open
from vre_portal.text import size

MAX_FILES_HERE = 500  # of one run; with MAX_COPIED_BYTES it bounds what a run may take of the portal's disk


def launch(
    *,
    by: User,
    project: Project,
    specification: Specification,
    parameters: dict[str, Any],
    inputs: dict[str, dict[str, str]],
    key: uuid.UUID,
    server: str,
    overrides: Overrides | None = None,
    attached: dict[str, dict[str, Any]] | None = None,
    made_from: Run | None = None,
) -> Run:
    """Create the row of a run and queue its launch; submitting the same form again returns the same run. Raises NotNow."""
    run = _existing(by, key)
    if run is None:
        require_launchable(by, server, _("launch a run"))
        try:
            run = create_run(
                by=by, project=project, specification=specification, parameters=parameters, inputs=inputs, key=key, server=server,
                overrides=overrides, attached=attached, made_from=made_from,
            )  # fmt: skip
        except (IntegrityError, NotNow, ProjectClosed) as error:
            run = _existing(by, key)  # the other press of the button was first
            if run is None:
                if isinstance(error, ProjectClosed):
                    raise NotNow(str(error)) from error
                raise
    wanted = (specification.pk, parameters, inputs, attached or {}, overrides or {}, server)
    if (run.specification_id, run.parameters, run.inputs, run.attached, run.overrides, run.server) != wanted:
        raise KeyReused(_("This form was already submitted with other values. To launch a run with these values, press “Launch” again."))
    return run


def _existing(by: User, key: uuid.UUID) -> Run | None:
    """The run of a form that was sent before; asked for without its columns first, for most forms are new."""
    rows = Run.objects.filter(by=by, key=key)
    return rows.first() if rows.exists() else None


def create_run(
    *,
    by: User,
    project: Project,
    specification: Specification,
    parameters: dict[str, Any],
    inputs: dict[str, Any],
    key: uuid.UUID,
    server: str,
    overrides: Overrides | None = None,
    attached: dict[str, Any] | None = None,
    made_from: Run | None = None,
) -> Run:
    """The row of a new run, which `require_launchable` was asked about. Raises NotNow, ProjectClosed, and IntegrityError where the form was sent."""
    attached = attached or {}
    with transaction.atomic():
        new_runs.take_turn(by, project, server)
        if not Specification.objects.in_use().filter(pk=specification.pk).exists():
            raise NotNow(_("This workflow was archived or deleted meanwhile, so no run was launched."))
        files = usable(by, project, attached)
        if missing := [path for path in attached if path not in files]:
            raise NotNow(not_usable(missing[0]))
        run = new_runs.create(
            by=by,
            project=project,
            server=server,
            key=key,
            specification=specification,
            version=specification.current,
            commit=specification.commit,
            text=specification.text,
            code={} if specification.current_id else specification.code,
            parameters=parameters,
            inputs=inputs,
            overrides=overrides or {},
            attached=attached,
            made_from=made_from,
        )
        of_files = (origin for file in files.values() for origin in file.origins)
        run.comes_from(*{*(Origin.of_did(source["lake"], source["did"]) for source in inputs.values()), *of_files})
        run.uploads.add(*(file.upload for file in files.values() if file.upload))
        record("run.launch", by=by, subject=subject_of(run), specification=specification.name, server=server, name=run.name)
    return run


def _require_not_stopped(server: str) -> None:
    try:
        require_open(ServiceKind.REANA, server, "runs")
    except ServiceStopped as stopped:
        raise RunsStopped(str(stopped)) from None


def require_launchable(by: User, server: str, purpose: str) -> None:
    """Raises RunsStopped, SignInAgain or NotNow where a run could not be brought to the server now."""
    _require_not_stopped(server)
    require_sign_in(by, server, purpose)


def require_sign_in(by: User, server_name: str, purpose: str) -> None:
    """Ask for the token that a worker will need: raises SignInAgain, or NotNow where the IAM gives none for this server."""
    with suppress(UnknownService):
        server = service(ServiceKind.REANA, server_name)
        if stored.takes_one(server):
            return
        try:
            require_token(by, server, purpose=purpose)
        except SignInAgain:
            raise
        except RemoteRefused as error:
            raise NotNow(_("%(reason)s Nothing was started.") % {"reason": error}) from None


def subject_of(run: Run) -> str:
    """The run as the audit record calls it."""
    return f"run/{run.project.slug}/{run.number}"


def stop(*, by: User, run: Run) -> None:
    """Ask for a run to end: at once where it is not at REANA yet, else through a worker."""
    if run.ended:
        return
    with transaction.atomic():
        run.ask_to_stop()
        enqueue(tasks.stop, run.pk)
        notices.stopped_by(run, by)
        record("run.stop", by=by, subject=subject_of(run))


def copy_files(*, by: User, run: Run, files: RunFileQuerySet) -> int:
    """Mark files at REANA to be copied, and queue the copying; returns their number. Raises NotNow."""
    others = files.exclude(path__in=list(run.data_paths))  # whoever sees the run sees what is copied, and not everybody may read these
    pks = list(others.exclude(size__gt=MAX_COPIED_BYTES).values_list("pk", flat=True)[: MAX_FILES_HERE + 1])
    if not pks and files.exists() and not others.exists():
        raise NothingToCopy(_("Nothing was copied. The input files of the run are in the Data Lake, for people with access to them."))
    if not pks:
        text = _("Nothing was copied. Files larger than %(size)s can only be downloaded or kept in the Data Lake.")
        raise NothingToCopy(text % {"size": size(MAX_COPIED_BYTES)})
    here = run.outputs.filter(state__in=(RunFile.State.COPIED, RunFile.State.WAITING)).count()
    if here + len(pks) > MAX_FILES_HERE:
        text = _("At most %(limit)s files of a run are copied. Download the others, or keep them in the Data Lake.")
        raise NothingToCopy(text % {"limit": MAX_FILES_HERE})
    require_sign_in(by, run.server, _("copy files of a run"))
    with transaction.atomic():
        open_project_locked(run.project)
        count = run.outputs.not_copied().filter(pk__in=pks).update(state=RunFile.State.WAITING, reason="", **RunFile.ANEW)
        enqueue(tasks.copy_files, run.pk)
        record("run.copy", by=by, subject=subject_of(run), files=count)
    return count


def keep(*, by: User, run: Run, key: uuid.UUID, lake: str, scope: str, dataset: str, paths: list[str], rse: str, copy_rse: str) -> Keep:
    """Create the row of a kept result and queue its upload; raises ServiceStopped, and IntegrityError where the name of the dataset is taken."""
    earlier = Keep.objects.filter(by=by, key=key).first()
    if earlier:
        return earlier
    require_open(ServiceKind.RUCIO, lake, "uploads")
    require_token(by, service(ServiceKind.RUCIO, lake), purpose=_("keep results"))
    try:
        with transaction.atomic():
            open_project_locked(run.project)
            new_keep = Keep.objects.create(
                run=run, by=by, key=key, lake=lake, scope=scope, dataset=dataset, paths=paths, rse=rse, copy_rse=copy_rse
            )
            enqueue(tasks.keep, new_keep.pk)
            record("run.keep", by=by, subject=subject_of(run), lake=lake, scope=scope, dataset=dataset, files=len(paths))
    except IntegrityError:
        earlier = Keep.objects.filter(by=by, key=key).first()  # the other press of the button was first
        if earlier is None:
            raise
        return earlier
    return new_keep
