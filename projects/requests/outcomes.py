"""The end of an approved request: carried out by the portal or by hand, not carried out for a reason, or closed with its project."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects.requests import notices
from projects.requests.kinds import ActResult
from projects.requests.models import Request, RequestAct, RequestComment
from projects.requests.permissions import can_answer
from projects.requests.recording import What, add_event, note
from vre_portal.iam.models import User
from vre_portal.text import storable

State = Request.State
IN_WORK = (State.APPROVED, State.ACTING)


def take_over(row: Request, **values: Any) -> None:
    """People change what is to become of the act of a locked request: a worker that has it in hand writes nothing any more."""
    RequestAct.objects.filter(request=row).update(attempt=F("attempt") + 1, waits_since=None, problem="", **RequestAct.ANEW, **values)


@transaction.atomic
def carried_out(
    row: Request, by: User | None, result: ActResult, *, before: Collection[str] = IN_WORK, act: RequestAct | None = None
) -> bool:
    """The request is granted; False where it is not in such a state any more. `act` is a worker's own. Raises LeaseLost."""
    is_moved = row.move(to=State.GRANTED, before=before, answered_at=timezone.now(), needs_hand=False)
    if act is not None:
        act.write(state=RequestAct.State.DONE, problem="", waits_since=None)
    if not is_moved:
        return False
    notices.decided(row, by)
    record_result(row, by, result)
    return True


def record_result(row: Request, by: User | None, result: ActResult) -> None:
    """What there is now, in a granted request, its history and the audit log."""
    row.move(to=State.GRANTED, before=(State.GRANTED,), result={"text": storable(result.text), "url": storable(result.url)})
    add_event(What.DONE, by, row, text=result.text)
    note("granted", by, row)


@transaction.atomic
def not_carried_out(act: RequestAct, cause: str) -> None:
    """The request waits for somebody to try again or to do it by hand. Raises LeaseLost."""
    row, by = act.request, act.by
    by_approver = by is not None and act.waits_since is None and can_answer(by, row)
    is_moved = row.move(to=State.ACT_FAILED, before=IN_WORK, needs_hand=False)
    act.write(state=RequestAct.State.FAILED, problem=storable(cause), waits_since=None)
    if is_moved:
        event = add_event(What.FAILED, None, row, text=cause)
        notices.failed(row, [by] if by and by_approver else notices.approvers_of(row, but=by), cause, event.pk)
        notices.in_progress(row, by)
        note("act_failed", None, row)


def close(row: Request, by: User | None, words: str, *, before: Collection[str]) -> bool:
    """The project takes no requests any more: the reason stands in the thread. The caller writes the audit log, after all notices."""
    now = timezone.now()
    facts: dict[str, Any] = {"decided_by": by, "decided_at": now, "answered_at": now, "needs_hand": False}
    if not row.move(to=State.CLOSED, before=before, **facts):
        return False
    RequestComment.objects.create(request=row, by=None, text=words, is_answer=True)
    notices.decided(row, by)
    return True
