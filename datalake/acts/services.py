"""Asking for something to be done in a Data Lake: a row first, and a worker is told afterwards."""

import uuid

from django.db import IntegrityError, transaction

from datalake.acts import tasks
from datalake.acts.kinds import Arguments, encode, known
from datalake.acts.models import Act
from vre_portal.audit import record
from vre_portal.celery import wake
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

FEW = 10  # subjects that the record names


class KeyReused(Exception):
    """The same form was sent again with other values."""


def ask(kind: str, *, lake: str, by: User, arguments: Arguments, key: uuid.UUID | None = None) -> Act:
    """Write down what is wanted and wake a worker; the same form sent again gives the same act. Raises KeyReused.

    `kind` is the name of a registered one, `arguments` its dataclass, `lake` the lake's name, `key` the form's own.
    """
    if not isinstance(arguments, known(kind).arguments):
        raise TypeError(f"{kind} takes {known(kind).arguments.__name__}")
    vault.require_token(by, service(ServiceKind.RUCIO, lake), purpose=f"ask for {kind}"[:200])
    key, told = key or uuid.uuid4(), encode(arguments)
    act = Act.objects.filter(by=by, key=key).first()
    if act is None:
        try:
            act = _new_act(kind, lake, by, arguments, key)
        except IntegrityError:  # the other press of the button was first
            act = Act.objects.get(by=by, key=key)
    if (act.kind, act.lake, act.arguments) != (kind, lake, told):
        raise KeyReused("This form was already sent with other values. Open the page again.")
    return act


def _new_act(kind: str, lake: str, by: User, arguments: Arguments, key: uuid.UUID) -> Act:
    with transaction.atomic():
        act = Act.objects.create(lake=lake, by=by, kind=kind, arguments=encode(arguments), subjects=arguments.subjects, key=key)
        wake(tasks.perform, act.pk)
        record("lake.ask", by=by, subject=subject_of(act), kind=kind, about=arguments.subjects[:FEW], things=len(arguments.subjects))
    return act


def subject_of(act: Act) -> str:
    """The act as the audit record calls it."""
    return f"lake/{act.lake}/act/{act.pk}"


def again(*, by: User, act: Act) -> bool:
    """Try one that was refused or failed once more; what it did before is not done twice."""
    vault.require_token(by, service(ServiceKind.RUCIO, act.lake), purpose=f"ask for {act.kind} again"[:200])
    with transaction.atomic():
        if not Act.ask_again(act.pk):
            return False
        wake(tasks.perform, act.pk)
        record("lake.again", by=by, subject=subject_of(act), kind=act.kind)
    return True


def cancel(*, by: User, act: Act) -> bool:
    """Call one off that no worker has begun with."""
    with transaction.atomic():
        if not Act.call_off(act.pk):
            return False
        record("lake.cancel", by=by, subject=subject_of(act), kind=act.kind)
    return True
