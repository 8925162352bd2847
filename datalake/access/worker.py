"""Bring decisions about access to the IAM: membership of the group there gives access to the data, with or without the portal."""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.access.models import AccessRequest
from datalake.access.restrictions import Restriction
from vre_portal.audit import record
from vre_portal.iam import vault
from vre_portal.iam.groups import membership
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner

State = AccessRequest.State
SOON, LATER = 60.0, 900.0  # seconds until the next attempt: while an owner is at it, after a refusal


def end_those_over() -> None:
    """What was granted until now begins to end."""
    for request in AccessRequest.objects.over():
        if AccessRequest.move(request.pk, before=(State.GRANTED,), to=State.ENDING, **AccessRequest.ANEW):
            record("access.ending", by=None, subject=f"lake/{request.lake}/access/{request.pk}", scope=request.scope, person=request.by)


class Memberships(Runner[AccessRequest]):
    """Decisions that the IAM does not follow yet."""

    model = AccessRequest

    def ready(self) -> Q:
        return Q(state__in=(State.GRANTING, State.ENDING))

    def work(self, request: AccessRequest) -> float:
        restriction = request.restriction
        if restriction is None:
            raise Refused(_("This scope is no longer in the portal's configuration."))
        if request.state == State.GRANTING:
            return enter(request, restriction)
        leave(request, restriction)
        return 0

    def refused(self, request: AccessRequest, error: Exception) -> float:
        text = _("%(error)s The administrators of the portal and of the IAM can solve this. The portal retries automatically.")
        request.hindered(text % {"error": error})
        return LATER

    def delayed(self, request: AccessRequest, words: str) -> None:
        request.hindered(words)

    def given_up(self, request: AccessRequest, words: str) -> None:
        request.hindered(words)


memberships = Memberships()


def carry(pk: int) -> None:
    """Make the membership at the IAM as it was decided; may run twice, for both ends look first."""
    memberships.perform(pk)


def enter(request: AccessRequest, restriction: Restriction) -> float:
    """Into the group. Where the portal may not do that it waits until an owner has, by hand."""
    home, group = restriction.home, restriction.group_at_home
    if not membership.is_configured(home):
        if restriction.group in request.by.groups:
            request.carried(before=State.GRANTING, to=State.GRANTED)
            return 0
        request.hindered(_("Add this person to the group %(group)s at %(iam)s.") % {"group": group, "iam": home.title})
        return SOON
    if not request.entered and not membership.has(home, group, request.subject):
        request.is_entered()  # before it is so: whoever ends it must know of it, also where this worker dies
    membership.add(home, group, request.subject)
    if request.carried(before=State.GRANTING, to=State.GRANTED):
        vault.expire_tokens_and_groups(request.by)
    return 0


def leave(request: AccessRequest, restriction: Restriction) -> None:
    """Out of the group, where the portal put the person in; a membership that others made is theirs to end."""
    if request.entered:
        membership.remove(restriction.home, restriction.group_at_home, request.subject)
    if request.carried(before=State.ENDING, to=State.ENDED, until=request.until or timezone.now()):
        vault.expire_tokens_and_groups(request.by)
