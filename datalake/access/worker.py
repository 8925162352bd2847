"""Bring decisions about access to the IAM: membership of the group there gives access to the data, with or without the portal."""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake.access.models import AccessGrant
from datalake.access.restrictions import Restriction
from vre_portal.audit import record
from vre_portal.iam import vault
from vre_portal.iam.groups import membership
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.runner import Runner

State = AccessGrant.State
SOON, LATER = 60.0, 900.0  # seconds until the next attempt: while an owner is at it, after a refusal


def end_those_over() -> None:
    """What was granted until now begins to end."""
    for grant in AccessGrant.objects.over():
        if AccessGrant.move(grant.pk, before=(State.GRANTED,), to=State.ENDING, **AccessGrant.ANEW):
            record("access.ending", by=None, subject=f"lake/{grant.lake}/access/{grant.pk}", scope=grant.scope, person=grant.user)


class Memberships(Runner[AccessGrant]):
    """Decisions that the IAM does not follow yet."""

    model = AccessGrant

    def ready(self) -> Q:
        return Q(state__in=(State.GRANTING, State.ENDING))

    def work(self, grant: AccessGrant) -> float:
        restriction = grant.restriction
        if restriction is None:
            raise Refused(_("This scope is no longer in the portal's configuration."))
        if grant.state == State.GRANTING:
            return enter(grant, restriction)
        leave(grant, restriction)
        return 0

    def refused(self, grant: AccessGrant, error: Exception) -> float:
        text = _("%(error)s The administrators of the portal and of the IAM can solve this. The portal retries automatically.")
        grant.hindered(text % {"error": error})
        return LATER

    def delayed(self, grant: AccessGrant, words: str) -> None:
        grant.hindered(words)

    def given_up(self, grant: AccessGrant, words: str) -> None:
        grant.hindered(words)


memberships = Memberships()


def carry(pk: int) -> None:
    """Make the membership at the IAM as it was decided; may run twice, for both ends look first."""
    memberships.perform(pk)


def enter(grant: AccessGrant, restriction: Restriction) -> float:
    """Into the group. Where the portal may not do that it waits until an owner has, by hand."""
    home, group = restriction.home, restriction.group_at_home
    if not membership.is_configured(home):
        if restriction.group in grant.user.groups:
            grant.carried(before=State.GRANTING, to=State.GRANTED)
            return 0
        grant.hindered(_("Add this person to the group %(group)s at %(iam)s.") % {"group": group, "iam": home.title})
        return SOON
    if not grant.entered and not membership.has(home, group, grant.subject):
        grant.is_entered()  # before it is so: whoever ends it must know of it, also where this worker dies
    membership.add(home, group, grant.subject)
    if grant.carried(before=State.GRANTING, to=State.GRANTED):
        vault.expire_tokens_and_groups(grant.user)
    return 0


def leave(grant: AccessGrant, restriction: Restriction) -> None:
    """Out of the group, where the portal put the person in; a membership that others made is theirs to end."""
    if grant.entered:
        membership.remove(restriction.home, restriction.group_at_home, grant.subject)
    if grant.carried(before=State.ENDING, to=State.ENDED, until=grant.until or timezone.now()):
        vault.expire_tokens_and_groups(grant.user)
