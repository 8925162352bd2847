"""Requests to a Data Lake: each is stored as a row first, and then a worker is told."""

import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from datalake.operations import tasks
from datalake.operations.kinds import Arguments, encode, kind_named
from datalake.operations.models import Operation
from vre_portal.audit import record
from vre_portal.celery import enqueue as enqueue_task
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service
from vre_portal.stop_switches.present import require_open

MAX_NAMED = 10  # subjects that the record names


class KeyReused(Exception):
    """The same form was sent again with other values."""


def enqueue(kind: str, *, lake: str, by: User, arguments: Arguments, key: uuid.UUID | None = None) -> Operation:
    """Store a request and wake a worker; the same form sent again returns the same operation. Raises KeyReused, ServiceStopped.

    `kind` is the name of a registered one, `arguments` its dataclass, `lake` the lake's name, `key` the form's own.
    """
    if not isinstance(arguments, kind_named(kind).arguments):
        raise TypeError(f"{kind} takes {kind_named(kind).arguments.__name__}")
    vault.require_token(by, service(ServiceKind.RUCIO, lake), purpose=(_("request %(kind)s") % {"kind": kind})[:200])
    key, encoded = key or uuid.uuid4(), encode(arguments)
    operation = Operation.objects.filter(by=by, key=key).first()
    if operation is None:
        require_open(ServiceKind.RUCIO, lake, "changes")
        try:
            operation = _create(kind, lake, by, arguments, key)
        except IntegrityError:  # the other press of the button was first
            operation = Operation.objects.get(by=by, key=key)
    if (operation.kind, operation.lake, operation.arguments) != (kind, lake, encoded):
        raise KeyReused(_("This form was already sent with other values. Reload the page."))
    return operation


def _create(kind: str, lake: str, by: User, arguments: Arguments, key: uuid.UUID) -> Operation:
    with transaction.atomic():
        operation = Operation.objects.create(lake=lake, by=by, kind=kind, arguments=encode(arguments), subjects=arguments.subjects, key=key)
        enqueue_task(tasks.execute, operation.pk)
        record(
            "lake.ask",
            by=by,
            subject=subject_of(operation),
            kind=kind,
            about=arguments.subjects[:MAX_NAMED],
            things=len(arguments.subjects),
        )
    return operation


def subject_of(operation: Operation) -> str:
    """The operation's name in the audit record."""
    return f"lake/{operation.lake}/act/{operation.pk}"


def retry(*, by: User, operation: Operation) -> bool:
    """Retry a refused or failed operation; what it did before is not done twice. False where it is neither."""
    vault.require_token(by, service(ServiceKind.RUCIO, operation.lake), purpose=(_("retry %(kind)s") % {"kind": operation.kind})[:200])
    with transaction.atomic():
        if not Operation.requeue(operation.pk):
            return False
        enqueue_task(tasks.execute, operation.pk)
        record("lake.again", by=by, subject=subject_of(operation), kind=operation.kind)
    return True


def cancel(*, by: User, operation: Operation) -> bool:
    """Cancel an operation that no worker has begun; False where one has."""
    with transaction.atomic():
        if not Operation.cancel_queued(operation.pk):
            return False
        record("lake.cancel", by=by, subject=subject_of(operation), kind=operation.kind)
    return True
