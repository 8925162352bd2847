"""Saying yes or no to a request."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.models import Role
from projects.requests import notices, outcomes, tasks
from projects.requests.checks import RequestRefused, known_kind, locked, require_answerer, require_open
from projects.requests.kinds import ActResult, RequestKind
from projects.requests.models import Request, RequestAct, RequestComment
from projects.requests.recording import What, add_event, note
from projects.requests.values import lines
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused

State = Request.State
# From which it is still declined, withdrawn or closed, if it waits for people.
BEFORE_WORK = (State.OPEN, State.ACT_FAILED, State.APPROVED)


def grant(*, by: User, request: Request, role: str, text: str = "") -> Role:
    """Let the person into the project, and return the role that they have then; granting again changes nothing."""
    return Role(approve(by=by, request=request, text=text, decision={"role": role}).granted_role)


@transaction.atomic
def approve(*, by: User, request: Request, text: str = "", decision: Mapping[str, Any] | None = None) -> Request:
    """Say yes: the portal carries it out, or somebody does by hand; approving again changes nothing. Raises RequestRefused."""
    row = locked(request)
    if row.decided_by_id == by.pk and row.state in (State.GRANTED, State.APPROVED, State.ACTING, State.ACT_FAILED):
        return row
    require_open(row)
    now, approver, kind = timezone.now(), require_answerer(by, row), known_kind(row)
    if not row.by.is_active:
        raise RequestRefused(_("The person who made this request may no longer use this portal. You can decline it."))
    facts: dict[str, Any] = {"decided_by": by, "decided_at": now, "answered_at": now, "decision": dict(decision or {})}
    row.move(to=State.APPROVED, **facts)
    _answer(row, by, text)
    if kind.act is None or not kind.can_act(row):
        row.move(to=State.APPROVED, before=(State.APPROVED,), needs_hand=True)
        notices.in_progress(row, by)
        _is_approved(row, by)
    elif kind.is_local:
        row.move(to=State.GRANTED, before=(State.APPROVED,))
        notices.decided(row, by)  # before the act: other writers of the audit log wait from there on
        outcomes.record_result(row, by, _act_at_once(kind, row, approver))
        row.refresh_from_db(fields=["granted_role", "project"])
    else:
        RequestAct.objects.update_or_create(request=row, defaults={"by": by, "state": RequestAct.State.WAITING, "problem": ""})
        _is_approved(row, by)
        enqueue(tasks.act, RequestAct.objects.values_list("pk", flat=True).get(request=row))
    return row


def _is_approved(row: Request, by: User) -> None:
    add_event(What.APPROVED, by, row)
    notices.settled(row)
    note("approved", by, row)


def _act_at_once(kind: RequestKind, row: Request, approver: User) -> ActResult:
    """Within the transaction of the approval: nothing of both is kept where it is refused."""
    if kind.act is None:
        return ActResult()
    try:
        return kind.act(row, approver)
    except Refused as refused:
        raise RequestRefused(str(refused)) from refused


@transaction.atomic
def decline(*, by: User, request: Request, text: str, after_all: bool = False) -> None:
    """Say no, with words for the person; declining again changes nothing.

    `after_all` takes back an approval that nobody has carried out; without it, who decides from an old page changes nothing.
    """
    row = locked(request)
    if row.state == State.DECLINED and row.decided_by_id == by.pk:
        return
    before: Collection[str] = (State.OPEN,)
    if row.can_be_ended:
        if not after_all:
            raise RequestRefused(_("This request was granted in the meantime. Nothing was changed. Refresh the page to see who did it."))
        before = BEFORE_WORK
    else:
        require_open(row)
    require_answerer(by, row)
    now = timezone.now()
    row.move(to=State.DECLINED, before=before, decided_by=by, decided_at=now, answered_at=now, needs_hand=False)
    outcomes.take_over(row, state=RequestAct.State.DONE)
    _answer(row, by, text)
    notices.decided(row, by)
    note("declined", by, row)


def _answer(row: Request, by: User, text: str) -> None:
    if text:
        RequestComment.objects.create(request=row, by=by, text=lines(text), is_answer=True)
