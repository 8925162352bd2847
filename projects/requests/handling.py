"""What those who answer requests do beside deciding: assign, set a date, lock the thread, try again, mark as done."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from projects.requests import notices, outcomes, tasks
from projects.requests.checks import RequestRefused, closed_words, known_kind, locked, require_answerer, require_not_in_hand
from projects.requests.kinds import ActResult
from projects.requests.models import Request, RequestAct, RequestComment
from projects.requests.permissions import can_answer
from projects.requests.recording import What, add_event, note
from projects.requests.values import lines
from vre_portal.celery import enqueue
from vre_portal.iam.models import User

MAX_ASSIGNEES = 10
State = Request.State


@transaction.atomic
def assign(*, by: User, request: Request, person: User) -> None:
    """Make somebody who can answer the request one of its assignees; again changes nothing."""
    row = _handled(by, request)
    if row.assignees.filter(pk=person.pk).exists():
        return
    if not can_answer(User.objects.get(pk=person.pk), row):
        raise RequestRefused(_("%(name)s can't answer this request.") % {"name": person})
    if row.assignees.count() >= MAX_ASSIGNEES:
        raise RequestRefused(_("A request can have %(limit)s assignees.") % {"limit": MAX_ASSIGNEES})
    row.assignees.add(person)
    event = add_event(What.ASSIGNED, by, row, person=person)
    notices.assigned(row, person, by, event.pk)
    note("assigned", by, row, assignee=person)


@transaction.atomic
def unassign(*, by: User, request: Request, person: User) -> None:
    """Take somebody off the assignees."""
    row = _handled(by, request)
    if row.assignees.filter(pk=person.pk).exists():
        row.assignees.remove(person)
        event = add_event(What.UNASSIGNED, by, row, person=person)
        notices.unassigned(row, person, by, event.pk)
        note("unassigned", by, row, assignee=person)


@transaction.atomic
def set_due(*, by: User, request: Request, due_at: date | None) -> None:
    """Set or remove the day by which the request is to be finished."""
    row = _handled(by, request)
    if row.due_at == due_at:
        return
    Request.objects.filter(pk=row.pk).update(due_at=due_at)
    add_event(What.DUE if due_at else What.NOT_DUE, by, row, text=date_format(due_at, "j M Y") if due_at else "")
    note("due", by, row, due=str(due_at or ""))


@transaction.atomic
def set_locked(*, by: User, request: Request, is_locked: bool) -> None:
    """Let only those who answer write in the thread, or everybody who reads it; also of a finished request."""
    row = locked(request)
    require_answerer(by, row)
    if row.locked != is_locked:
        Request.objects.filter(pk=row.pk).update(locked=is_locked)
        add_event(What.LOCKED if is_locked else What.UNLOCKED, by, row)
        note("locked" if is_locked else "unlocked", by, row)


@transaction.atomic
def mark_done(*, by: User, request: Request, text: str) -> None:
    """Somebody has carried out an approved request by hand; marking again changes nothing."""
    row = locked(request)
    if row.state == State.GRANTED:
        return
    _require_waiting(row)
    require_answerer(by, row)
    if reason := closed_words(row):
        raise RequestRefused(reason)
    if text:
        RequestComment.objects.create(request=row, by=by, text=lines(text), is_answer=True)
    outcomes.take_over(row, state=RequestAct.State.DONE)
    outcomes.carried_out(row, by, ActResult(), before=(State.APPROVED, State.ACT_FAILED))


@transaction.atomic
def retry(*, by: User, request: Request) -> None:
    """Let the portal carry out what failed or waits for a sign-in, with the rights of the person who asks for it now."""
    row = locked(request)
    if row.state in outcomes.IN_WORK and not row.needs_hand and RequestAct.objects.filter(request=row, by=by).exists():
        return
    _require_waiting(row)
    require_answerer(by, row)
    kind = known_kind(row)
    if kind.act is None or not kind.can_act(row):
        raise RequestRefused(_("The portal can't carry this out. Do it by hand, then mark it as done."))
    row.move(to=State.APPROVED, before=(State.ACT_FAILED, State.APPROVED), needs_hand=False, answered_at=timezone.now())
    RequestAct.objects.get_or_create(request=row)
    outcomes.take_over(row, by=by, state=RequestAct.State.WAITING)
    add_event(What.RETRIED, by, row)
    note("retried", by, row)
    enqueue(tasks.act, RequestAct.objects.values_list("pk", flat=True).get(request=row))


def _handled(by: User, request: Request) -> Request:
    """The request as it is now, for somebody who can answer it; one that is finished is left as it is."""
    row = locked(request)
    if not row.is_unfinished:
        raise RequestRefused(_("This request is finished. Nothing was changed."))
    require_answerer(by, row)
    return row


def _require_waiting(row: Request) -> None:
    require_not_in_hand(row)
    if not row.can_be_ended:
        raise RequestRefused(_("This request was changed in the meantime. Nothing was changed."))
