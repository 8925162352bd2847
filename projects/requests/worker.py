"""Carry out approved requests with the rights that the approver has at that moment; may run twice."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from projects.authorization import refresh_user
from projects.requests import notices, outcomes
from projects.requests.checks import closed_words
from projects.requests.kinds import RequestKind, UnknownKind, kind_of
from projects.requests.models import Request, RequestAct
from projects.requests.permissions import can_answer
from projects.requests.recording import What, add_event
from vre_portal.iam.models import User
from vre_portal.jobs import fates
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner
from vre_portal.text import storable

State = Request.State


class Acts(Runner[RequestAct]):
    """Approved requests that the portal carries out."""

    model = RequestAct
    max_outages = 60  # about an hour: then a person decides

    def ready(self) -> Q:
        return Q(state=RequestAct.State.WAITING)

    def work(self, job: RequestAct) -> float:
        request = Request.objects.select_related("project", "by").get(pk=job.request_id)
        job.request = request
        if request.state not in outcomes.IN_WORK:  # done by hand, declined or closed meanwhile
            job.write(state=RequestAct.State.DONE, problem="")
            return 0
        kind, approver = require_act(job, request)
        job.hold()
        if not request.move(to=State.ACTING, before=outcomes.IN_WORK):
            return 0
        if kind.act is None:
            raise Refused(_("The portal can't carry this out any more. Do it by hand, then mark it as done."))
        result = kind.act(request, approver)
        if result.wait_seconds:
            job.write(problem=storable(result.text))
            return result.wait_seconds
        with transaction.atomic():
            job.write(state=RequestAct.State.DONE, problem="")
            outcomes.carried_out(request, approver, result)
        return 0

    def refused(self, job: RequestAct, error: Exception) -> float:
        outcomes.not_carried_out(job, str(error))
        return 0

    def delayed(self, job: RequestAct, words: str) -> None:
        job.write(problem=storable(words))

    def given_up(self, job: RequestAct, words: str) -> None:
        outcomes.not_carried_out(job, words)

    def waits_for_sign_in(self, job: RequestAct, error: Exception) -> float:
        """The approver is told once that their sign-in is needed."""
        words = _("Waiting until %(person)s signs in again: the portal acts with their rights.") % {"person": job.by}
        if job.problem != words:
            with transaction.atomic():
                job.write(problem=storable(words))
                event = add_event(What.WAITING, None, job.request, text=words)
                notices.failed(job.request, job.by, words, event.pk)
        return fates.SIGN_IN_PAUSE


def require_act(job: RequestAct, request: Request) -> tuple[RequestKind, User]:
    """The kind and the approver as they are now; raises Refused where the approver, the requester or the project no longer allow it."""
    try:
        kind = kind_of(request.kind)
    except UnknownKind:
        raise Refused(_("The portal no longer knows this kind of request.")) from None
    if job.by is None:
        raise Refused(_("The person who approved this request is no longer known here."))
    approver = refresh_user(job.by)
    if not can_answer(approver, request):
        text = _(
            "%(name)s may no longer decide about this request, so it was not carried out. Somebody else who can answer it can try again."
        )
        raise Refused(text % {"name": approver})
    if not request.by.is_active:
        raise Refused(_("The person who made this request may no longer use this portal."))
    if reason := closed_words(request):
        raise Refused(reason)
    return kind, approver


acts = Acts()


def act(pk: int) -> None:
    """Carry out one request."""
    acts.perform(pk)
