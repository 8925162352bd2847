"""The end of an approved request: carried out by the portal or by hand, or not carried out for a reason."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from projects.requests import notices
from projects.requests.kinds import ActResult
from projects.requests.models import Request, RequestAct
from projects.requests.recording import What, add_event, note
from vre_portal.iam.models import User
from vre_portal.text import storable

State = Request.State
IN_WORK = (State.APPROVED, State.ACTING)


@transaction.atomic
def carried_out(row: Request, by: User | None, result: ActResult, *, before: tuple[str, ...] = IN_WORK) -> bool:
    """The request is granted; False where it is not in such a state any more."""
    facts: dict[str, Any] = {"result": {"text": storable(result.text), "url": storable(result.url)}, "needs_hand": False}
    if not row.move(to=State.GRANTED, before=before, answered_at=timezone.now(), **facts):
        return False
    add_event(What.DONE, by, row, text=result.text)
    notices.decided(row, by)
    note("granted", by, row)
    return True


@transaction.atomic
def not_carried_out(act: RequestAct, cause: str) -> None:
    """The request waits for somebody to try again or to do it by hand. Raises LeaseLost."""
    act.write(state=RequestAct.State.FAILED, problem=storable(cause))
    row = act.request
    if row.move(to=State.ACT_FAILED, before=IN_WORK):
        event = add_event(What.FAILED, None, row, text=cause)
        notices.failed(row, act.by, cause, event.pk)
        note("act_failed", None, row)
