"""What people do with runs: each is a row first, and a task is told afterwards."""

import uuid
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from projects.audience import Origin
from projects.models import Project
from projects.workflows import tasks
from projects.workflows.collecting import MAX_COPIED_BYTES
from projects.workflows.models import Keep, Run, RunFile, RunFileQuerySet, Specification
from vre_portal.audit import record
from vre_portal.celery import wake
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.stored import services as stored
from vre_portal.iam.vault import SignInAgain, require_token
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.text import size

MAX_FILES_HERE = 500  # of one run; with MAX_COPIED_BYTES it bounds what a run may take of the portal's disk


class NotNow(Exception):
    """A launch that is refused; the text is for the person."""


class KeyReused(NotNow):
    """The same form was sent again with other values."""


class NothingToCopy(NotNow):
    """Files that are asked for are not copied."""


class TooManyRuns(NotNow):
    """The person has as many runs under way as one may have."""


class TokenMissing(NotNow):
    """The server wants a token that it gives out itself, and the person has stored none."""


def launch(
    *,
    by: User,
    project: Project,
    specification: Specification,
    parameters: dict[str, Any],
    inputs: dict[str, dict[str, str]],
    key: uuid.UUID,
    server: str,
) -> Run:
    """Write down that a run is wanted and wake a worker; the same form sent again gives the same run. Raises NotNow."""
    known = Run.objects.filter(by=by, key=key).first()
    if known is None:
        _require_sign_in(by, server, "launch a run")
        try:
            known = _new_run(by, project, specification, parameters, inputs, key, server)
        except IntegrityError:  # the other press of the button was first
            known = Run.objects.get(by=by, key=key)
    if (known.specification_id, known.parameters, known.inputs) != (specification.pk, parameters, inputs):
        raise KeyReused("This form was already sent with other values. Open the launch page again.")
    return known


def _new_run(
    by: User,
    project: Project,
    specification: Specification,
    parameters: dict[str, Any],
    inputs: dict[str, Any],
    key: uuid.UUID,
    server: str,
) -> Run:
    with transaction.atomic():
        # One launch of a person at a time, so that none is counted too few; their rows may be pointed to meanwhile.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
        if known := Run.objects.filter(by=by, key=key).first():
            return known
        _require_room(by)
        _require_token(by, server)
        Project.objects.select_for_update(of=("self",)).get(pk=project.pk)  # one at a time takes the next number
        last = Run.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0
        run = Run.objects.create(
            project=project,
            number=last + 1,
            by=by,
            specification=specification,
            commit=specification.commit,
            text=specification.text,
            code=specification.code,
            parameters=parameters,
            inputs=inputs,
            key=key,
            server=server,
            name=Run.new_name(),
        )
        run.comes_from(*{Origin.of_did(source["lake"], source["did"]) for source in inputs.values()})
        transaction.on_commit(partial(wake, tasks.submit, run.pk))
        record("run.launch", by=by, subject=subject_of(run), specification=specification.name, server=server, name=run.name)
    return run


def _require_room(by: User) -> None:
    active = Run.objects.filter(by=by).exclude(status__in=Run.ENDED).count()
    if active >= settings.ACTIVE_RUNS:
        raise TooManyRuns(
            f"You have {active} runs under way, and one person may have {settings.ACTIVE_RUNS}. "
            "Wait until one has ended, or stop one, and press Launch again: nothing was launched."
        )


def _require_token(by: User, server_name: str) -> None:
    """Raises TokenMissing; a server that is not configured any more is the worker's to tell."""
    with suppress(UnknownService):
        server = service(ServiceKind.REANA, server_name)
        if stored.is_missing(by, server):
            raise TokenMissing(f"{server.title} needs a token of its own, and you have stored none. Nothing was launched.")


def _require_sign_in(by: User, server_name: str, purpose: str) -> None:
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
            raise NotNow(f"{error} Nothing was started.") from None


def subject_of(run: Run) -> str:
    """The run as the audit record calls it."""
    return f"run/{run.project.slug}/{run.number}"


def stop(*, by: User, run: Run) -> None:
    """Ask for a run to end: at once where it is not at REANA yet, else through a worker."""
    if run.ended:
        return
    with transaction.atomic():
        run.ask_to_stop()
        transaction.on_commit(partial(wake, tasks.stop, run.pk))
        record("run.stop", by=by, subject=subject_of(run))


def copy_files(*, by: User, run: Run, files: RunFileQuerySet) -> int:
    """Write down that files at REANA are wanted here, and wake a worker; how many they are. Raises NotNow."""
    others = files.exclude(path__in=list(run.inputs))  # whoever sees the run sees what is copied, and not everybody may read these
    wanted = list(others.exclude(size__gt=MAX_COPIED_BYTES).values_list("pk", flat=True)[: MAX_FILES_HERE + 1])
    if not wanted and files.exists() and not others.exists():
        raise NothingToCopy("Nothing was copied: data that the run read are in the Data Lake, for those who may read them there.")
    if not wanted:
        raise NothingToCopy(f"Nothing was copied: files over {size(MAX_COPIED_BYTES)} are only downloaded or kept in the Data Lake.")
    here = run.outputs.filter(state__in=(RunFile.State.COPIED, RunFile.State.WAITING)).count()
    if here + len(wanted) > MAX_FILES_HERE:
        raise NothingToCopy(f"At most {MAX_FILES_HERE} files of a run are copied. Download the others, or keep them in the Data Lake.")
    _require_sign_in(by, run.server, "copy files of a run")
    with transaction.atomic():
        count = run.outputs.not_copied().filter(pk__in=wanted).update(state=RunFile.State.WAITING, reason="", **RunFile.ANEW)
        transaction.on_commit(partial(wake, tasks.copy_files, run.pk))
        record("run.copy", by=by, subject=subject_of(run), files=count)
    return count


def keep(*, by: User, run: Run, key: uuid.UUID, lake: str, scope: str, dataset: str, paths: list[str], rse: str, copy_rse: str) -> Keep:
    """Write down that outputs are to be kept as a dataset; raises IntegrityError where the dataset's name is taken."""
    known = Keep.objects.filter(by=by, key=key).first()
    if known:
        return known
    require_token(by, service(ServiceKind.RUCIO, lake), purpose="keep results")
    try:
        with transaction.atomic():
            kept = Keep.objects.create(
                run=run, by=by, key=key, lake=lake, scope=scope, dataset=dataset, paths=paths, rse=rse, copy_rse=copy_rse
            )
            transaction.on_commit(partial(wake, tasks.keep, kept.pk))
            record("run.keep", by=by, subject=subject_of(run), lake=lake, scope=scope, dataset=dataset, files=len(paths))
    except IntegrityError:
        known = Keep.objects.filter(by=by, key=key).first()  # the other press of the button was first
        if known is None:
            raise
        return known
    return kept
