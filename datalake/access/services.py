"""Requesting access and answering: who may do it, in which state; each step is in the audit log."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.access import tasks
from datalake.access.models import AccessRequest
from datalake.access.restrictions import Restriction
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.iam.models import Identity, User
from vre_portal.jobs import lease

State = AccessRequest.State


class AccessNotPossible(Exception):
    """It cannot be done; the text says why, for the person who asked."""


def ask(*, by: User, restriction: Restriction, reason: str) -> AccessRequest:
    """Ask the owners; asking again while a request is open gives that one."""
    if restriction.opens_to(by):
        raise AccessNotPossible(_("You already have access to these data."))
    home = restriction.home
    subject = Identity.objects.filter(user=by, issuer=home.url).values_list("subject", flat=True).first()
    if subject is None:
        raise AccessNotPossible(
            _("Access needs an identity at %(iam)s. Link it to your account, then request access again.") % {"iam": home.title}
        )
    mine = AccessRequest.objects.filter(by=by, lake=restriction.lake.name, scope=restriction.scope)
    for lost in mine.filter(state=State.GRANTED):
        if lost.is_lost:
            AccessRequest.move(lost.pk, before=(State.GRANTED,), to=State.ENDED)
    try:
        with transaction.atomic():
            access_request = mine.create(by=by, lake=restriction.lake.name, scope=restriction.scope, subject=subject, reason=reason)
            record("access.ask", by=by, subject=_about(access_request), scope=access_request.scope)
    except IntegrityError:
        return mine.get(state__in=AccessRequest.OPEN)
    return access_request


def withdraw(*, by: User, request: AccessRequest) -> None:
    """Take one's own request back before it is answered."""
    _step(by, request, before=(State.ASKED,), to=State.WITHDRAWN)


def decline(*, by: User, request: AccessRequest, answer: str) -> None:
    """Say no, with a word for the person."""
    _step(by, request, before=(State.ASKED,), to=State.DECLINED, decided_by=by, decided_at=timezone.now(), answer=answer)


def grant(*, by: User, request: AccessRequest, answer: str, until: datetime | None) -> None:
    """Say yes; a worker enters the person into the group at the IAM."""
    values = {"decided_by": by, "decided_at": timezone.now(), "answer": answer, "until": until, "trouble": "", **AccessRequest.ANEW}
    _step(by, request, before=(State.ASKED,), to=State.GRANTING, **values)


def end(*, by: User | None, request: AccessRequest) -> None:
    """Take granted access away again: by an owner, by the person who has it, or because its time has passed (nobody)."""
    _step(by, request, before=(State.GRANTING, State.GRANTED), to=State.ENDING, trouble="", tries=0, lease_until=lease.freed())


def _step(by: User | None, request: AccessRequest, *, before: tuple[State, ...], to: State, **facts: object) -> None:
    with transaction.atomic():
        if not AccessRequest.move(request.pk, before=before, to=to, **facts):
            raise AccessNotPossible(_("This request has changed in the meantime. Refresh the page to see its status."))
        record(f"access.{to}", by=by, subject=_about(request), scope=request.scope, person=request.by, until=facts.get("until"))
        if to in (State.GRANTING, State.ENDING):
            enqueue(tasks.carry, request.pk)


def _about(request: AccessRequest) -> str:
    return f"lake/{request.lake}/access/{request.pk}"
