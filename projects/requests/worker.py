"""Carry out approved requests with the rights that the approver has at that moment; may run twice."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.authorization import refresh_user
from projects.requests import notices, outcomes
from projects.requests.checks import closed_words
from projects.requests.kinds import RequestKind, UnknownKind, kind_of
from projects.requests.models import Request, RequestAct
from projects.requests.permissions import can_answer
from projects.requests.recording import What, add_event, note
from vre_portal.iam.models import User
from vre_portal.jobs import fates, holds
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.text import storable

State = Request.State
QUICK = timedelta(minutes=1)  # what is carried out within it is told once, when it is done


class Acts(Runner[RequestAct]):
    """Approved requests that the portal carries out."""

    model = RequestAct
    max_outages = 60  # about an hour: then a person decides

    def ready(self) -> Q:
        return Q(state=RequestAct.State.WAITING)

    def work(self, job: RequestAct) -> float:
        request = Request.objects.select_related("project", "by").get(pk=job.request_id)
        job.request = request
        if request.state not in outcomes.IN_WORK:  # done by hand, declined, withdrawn or closed meanwhile
            job.write(state=RequestAct.State.DONE, problem="", waits_since=None)
            return 0
        if reason := closed_words(request):
            perhaps = _("It may have been carried out before.") if request.state == State.ACTING else ""
            _close(job, request, f"{reason} {perhaps}".strip())
            return 0
        kind, approver = require_act(job, request)
        if kind.act is None:
            raise Refused(_("The portal can't carry this out any more. Do it by hand, then mark it as done."))
        if request.decided_at is not None and timezone.now() - request.decided_at > QUICK:
            notices.in_progress(request, job.by)
        if action := kind.stoppable_action(request):
            holds.require_open(*action)
        if not _begin(job, request):
            return 0
        result = kind.act(request, approver)
        if result.wait_seconds:
            job.write(problem=storable(result.text), waits_since=None)
            return result.wait_seconds
        outcomes.carried_out(request, approver, result, act=job)
        return 0

    def refused(self, job: RequestAct, error: Exception) -> float:
        outcomes.not_carried_out(job, str(error))
        return 0

    def delayed(self, job: RequestAct, words: str) -> None:
        job.write(problem=storable(words))

    def given_up(self, job: RequestAct, words: str) -> None:
        outcomes.not_carried_out(job, words)

    def waits_for_sign_in(self, job: RequestAct, error: Exception) -> float:
        """The approver is told once that their sign-in is needed; meanwhile others who can answer may do it instead of them."""
        now = timezone.now()
        is_first, since = job.waits_since is None, job.waits_since or now
        if now - since >= timedelta(hours=settings.REQUEST_SIGN_IN_HOURS):
            outcomes.not_carried_out(job, _("The person who approved this request has not signed in again. Somebody else can try again."))
            return 0
        with transaction.atomic():
            if job.request.move(to=State.APPROVED, before=outcomes.IN_WORK, needs_hand=True):
                job.write(waits_since=since, problem="")
                if is_first:
                    event = add_event(What.WAITING, None, job.request, person=job.by)
                    words = _("It waits until you sign in again, because the portal acts with your rights.")
                    notices.failed(job.request, [job.by] if job.by else [], words, event.pk)
        return fates.SIGN_IN_PAUSE


@transaction.atomic
def _begin(job: RequestAct, request: Request) -> bool:
    """Take the request in hand; False where people ended it meanwhile. Raises LeaseLost.

    The request is locked before the job, as people's own changes do.
    """
    if not request.move(to=State.ACTING, before=outcomes.IN_WORK, needs_hand=False):
        return False
    job.hold()
    return True


@transaction.atomic
def _close(job: RequestAct, request: Request, reason: str) -> None:
    is_closed = outcomes.close(request, None, reason, before=outcomes.IN_WORK)
    job.write(state=RequestAct.State.DONE, problem="", waits_since=None)
    if is_closed:
        note("closed", None, request)


def require_act(job: RequestAct, request: Request) -> tuple[RequestKind, User]:
    """The kind and the approver as they are now; raises Refused where the approver or the requester no longer allow it.

    What it says is stored, so it names nobody.
    """
    try:
        kind = kind_of(request.kind)
    except UnknownKind:
        raise Refused(_("The portal no longer knows this kind of request.")) from None
    if job.by is None:
        raise Refused(_("The person who approved this request is no longer known here."))
    approver = refresh_user(job.by)
    if not can_answer(approver, request):
        raise Refused(
            _("The person who approved this request may no longer decide about it. Somebody else who can answer it can try again.")
        )
    if not request.by.is_active:
        raise Refused(_("The person who made this request may no longer use this portal."))
    return kind, approver


acts = Acts()


def act(pk: int) -> None:
    """Carry out one request."""
    acts.perform(pk)
