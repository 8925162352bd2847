"""Asking for access and answering: who may, in which state, with a line in the record."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from datalake.access import tasks
from datalake.access.models import AccessRequest
from datalake.access.restrictions import Restriction
from vre_portal.audit import record
from vre_portal.celery import wake
from vre_portal.iam.models import Identity, User
from vre_portal.jobs import lease

State = AccessRequest.State


class NotPossible(Exception):
    """It cannot be done; the text says why, for the person who asked."""


def ask(*, by: User, restriction: Restriction, reason: str) -> AccessRequest:
    """Ask the owners; asking again while a request is open gives that one."""
    if restriction.opens_to(by):
        raise NotPossible("You may read this already.")
    home = restriction.home
    subject = Identity.objects.filter(user=by, issuer=home.url).values_list("subject", flat=True).first()
    if subject is None:
        raise NotPossible(f"Access is given to people of {home.title}. Link that identity to your account first, then ask again.")
    mine = AccessRequest.objects.filter(by=by, lake=restriction.lake.name, scope=restriction.scope)
    for lost in mine.filter(state=State.GRANTED):
        if lost.is_lost:
            AccessRequest.move(lost.pk, before=(State.GRANTED,), to=State.ENDED)
    try:
        with transaction.atomic():
            asked = mine.create(by=by, lake=restriction.lake.name, scope=restriction.scope, subject=subject, reason=reason)
            record("access.ask", by=by, subject=_about(asked), scope=asked.scope)
    except IntegrityError:
        return mine.get(state__in=AccessRequest.OPEN)
    return asked


def withdraw(*, by: User, request: AccessRequest) -> None:
    """Take one's own request back before it is answered."""
    _step(by, request, before=(State.ASKED,), to=State.WITHDRAWN)


def decline(*, by: User, request: AccessRequest, answer: str) -> None:
    """Say no, with a word for the person."""
    _step(by, request, before=(State.ASKED,), to=State.DECLINED, decided_by=by, decided_at=timezone.now(), answer=answer)


def grant(*, by: User, request: AccessRequest, answer: str, until: datetime | None) -> None:
    """Say yes; a worker enters the person into the group at the IAM."""
    told = {"decided_by": by, "decided_at": timezone.now(), "answer": answer, "until": until, "trouble": "", **AccessRequest.ANEW}
    _step(by, request, before=(State.ASKED,), to=State.GRANTING, **told)


def end(*, by: User | None, request: AccessRequest) -> None:
    """Take granted access away again: by an owner, by the person who has it, or because its time has passed (nobody)."""
    _step(by, request, before=(State.GRANTING, State.GRANTED), to=State.ENDING, trouble="", tries=0, lease_until=lease.freed())


def _step(by: User | None, request: AccessRequest, *, before: tuple[State, ...], to: State, **facts: object) -> None:
    with transaction.atomic():
        if not AccessRequest.move(request.pk, before=before, to=to, **facts):
            raise NotPossible("Somebody has answered this meanwhile. Look at it again.")
        record(f"access.{to}", by=by, subject=_about(request), scope=request.scope, person=request.by, until=facts.get("until"))
        if to in (State.GRANTING, State.ENDING):
            wake(tasks.carry, request.pk)


def _about(request: AccessRequest) -> str:
    return f"lake/{request.lake}/access/{request.pk}"
