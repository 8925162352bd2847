"""Files of which all copies are on tape: a copy on disk is asked for by a rule of the run's person, and the run waits for it."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.operations import services as operations
from datalake.operations.kinds.rules import MakeAvailable
from datalake.operations.models import Operation
from projects.workflows.inputs.asking import Asker
from projects.workflows.inputs.resolving import near, online, service_of
from projects.workflows.models import Run, RunInput
from vre_portal.http import RemoteRefused
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service
from vre_portal.stop_switches.present import ServiceStopped

KEPT_SECONDS = 7 * 24 * 3600  # how long the copy on disk stays
MANY = 20  # files of one dataset from which on the rule is on the dataset
SHORTEST_PAUSE, LONGEST_PAUSE = 15.0, 300.0
REFUSED = (Operation.State.REFUSED, Operation.State.FAILED, Operation.State.CANCELLED)


def wait(run: Run, rows: Sequence[RunInput], asker: Asker) -> float:
    """The pause until tape is looked at again; 0 where all files are on disk. Raises RemoteRefused where nothing is staged or it lasts too long."""
    if not any(row.is_offline for row in rows):
        run.noted_inputs("")
        return 0
    since = timezone.now()
    for lake_name, group in groupby(sorted(rows, key=lambda row: row.lake), key=lambda row: row.lake):
        lake = asker.lake(lake_name)
        _look(run, lake, asker, offline := [row for row in group if row.is_offline])
        if still := [row for row in offline if row.is_offline]:
            since = min(since, _asked(run, lake, still))
    waiting = sum(row.is_offline for row in rows)
    if not waiting:
        run.noted_inputs("")
        return 0
    waited = timezone.now() - since
    if waited > timedelta(hours=settings.TAPE_HOURS):
        text = _("After %(hours)s hours, %(n)s files are still on tape.")
        raise RemoteRefused(text % {"hours": settings.TAPE_HOURS, "n": grouped(waiting)})
    of_tape = sum(row.tape != RunInput.Tape.NONE for row in rows)
    values = {"online": grouped(of_tape - waiting), "total": grouped(of_tape)}
    run.noted_inputs(_("Waiting for tape: %(online)s of %(total)s files online.") % values)
    return min(max(waited.total_seconds() / 10, SHORTEST_PAUSE), LONGEST_PAUSE)


def _look(run: Run, lake: Service, asker: Asker, offline: Sequence[RunInput]) -> None:
    """Note which of them have a copy on disk by now."""
    if not offline:
        return
    run.hold()
    ranks, by_name = near(service_of(run)), {(row.scope, row.name): row for row in offline}
    for copies in rucio.list_copies(lake, asker.credentials(lake).lake_token, by_name):
        row = by_name[copies.file.scope, copies.file.name]
        if found := online(copies, ranks):
            row.write(tape=RunInput.Tape.ONLINE, copies=found)


def _asked(run: Run, lake: Service, offline: Sequence[RunInput]) -> datetime:
    """Ask the lake, once, for copies on disk; since when that is so."""
    key = uuid.uuid5(run.key, f"staged from tape at {lake.name}")
    operation = Operation.objects.filter(by=run.by, key=key).first()
    if operation is None:
        operation = _requested(run, lake, offline, key)
    if operation is None:
        return timezone.now()
    if operation.state in REFUSED:
        text = _("The files that are on tape could not be staged: %(reason)s")
        raise RemoteRefused(text % {"reason": operation.answer}, service=lake)
    RunInput.objects.filter(pk__in=[row.pk for row in offline], tape=RunInput.Tape.OFFLINE).update(tape=RunInput.Tape.STAGING)
    for row in offline:
        row.tape = RunInput.Tape.STAGING
    return operation.created_at


def _requested(run: Run, lake: Service, offline: Sequence[RunInput], key: uuid.UUID) -> Operation | None:
    """A request for a rule to where services.toml says; None while changes at the lake are stopped."""
    target = lake.options.get("stage_to")
    if not target:
        names = ", ".join(row.did for row in offline[:MANY])
        text = _("All copies are on tape, and %(lake)s has no place to stage them to: %(names)s")
        raise RemoteRefused(text % {"lake": lake.title, "names": names}, service=lake)
    arguments = MakeAvailable(
        dids=list(_dids(run, offline)),
        rse_expression=str(target),
        lifetime=KEPT_SECONDS,
        comment=_("Input of %(run)s") % {"run": run.name},
    )
    try:
        return operations.enqueue("make-available", lake=lake.name, by=run.by, arguments=arguments, key=key)
    except ServiceStopped:
        return None


def _dids(run: Run, offline: Sequence[RunInput]) -> Iterable[list[str]]:
    """What the rules are on: each file, or the dataset where many of its files are on tape."""
    for binding, group in groupby(sorted(offline, key=lambda row: row.binding), key=lambda row: row.binding):
        rows = list(group)
        if len(rows) > MANY:
            scope, _colon, name = run.inputs[binding]["did"].partition(":")
            yield [scope, name]
        else:
            yield from ([row.scope, row.name] for row in rows)
