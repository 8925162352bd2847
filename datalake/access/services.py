"""Giving access to restricted data and ending it: who may do it, in which state; each step is in the audit log."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from datalake.access import tasks
from datalake.access.models import AccessGrant
from datalake.access.restrictions import Restriction
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.iam.models import Identity, User
from vre_portal.jobs import lease

State = AccessGrant.State


class GrantNotPossible(Exception):
    """It cannot be done; the text says why, for the person who tried."""


def subject_of(user: User, restriction: Restriction) -> str:
    """Who the person is at the IAM that has the group. Raises GrantNotPossible where they have no identity there."""
    home = restriction.home
    subject = Identity.objects.filter(user=user, issuer=home.url).values_list("subject", flat=True).first()
    if subject is None:
        words = _("Access needs an identity at %(iam)s. The person must link it to their account first.")
        raise GrantNotPossible(words % {"iam": home.title})
    return subject


def grant(*, by: User, restriction: Restriction, user: User, until: datetime | None) -> AccessGrant:
    """Give access; a worker enters the person into the group at the IAM. Granting again gives the grant that is there."""
    if not restriction.decided_by(by) or by.pk == user.pk:
        raise GrantNotPossible(_("Only another owner of these data can grant access to them."))
    subject, lake = subject_of(user, restriction), restriction.lake.name
    if existing := _active(user, restriction):
        return existing
    if restriction.opens_to(user):
        raise GrantNotPossible(_("This person already has access to these data."))
    try:
        with transaction.atomic():
            item = AccessGrant.objects.create(user=user, lake=lake, scope=restriction.scope, subject=subject, granted_by=by, until=until)
            record("access.granting", by=by, subject=_about(item), scope=item.scope, person=user, until=until)
            enqueue(tasks.carry, item.pk)
    except IntegrityError:  # another owner was faster
        return AccessGrant.objects.active().get(user=user, lake=lake, scope=restriction.scope)
    return item


def _active(user: User, restriction: Restriction) -> AccessGrant | None:
    """The person's grant that holds; one that the IAM ended meanwhile is over."""
    item = AccessGrant.objects.of(user, restriction.lake.name, restriction.scope)
    if item is None:
        return None
    if item.state == State.ENDING:
        raise GrantNotPossible(_("The person's earlier access is ending at the moment. Try again in a few minutes."))
    if item.is_lost and AccessGrant.move(item.pk, before=(State.GRANTED,), to=State.ENDED):
        return None
    return item


def end(*, by: User | None, grant: AccessGrant) -> None:
    """Take granted access away again: by an owner, by the person who has it, or because its time has passed (nobody)."""
    with transaction.atomic():
        facts = {"trouble": "", "tries": 0, "lease_until": lease.freed()}
        if not AccessGrant.move(grant.pk, before=(State.GRANTING, State.GRANTED), to=State.ENDING, **facts):
            raise GrantNotPossible(_("This access has ended already, or is ending. Refresh the page to see its status."))
        record("access.ending", by=by, subject=_about(grant), scope=grant.scope, person=grant.user)
        enqueue(tasks.carry, grant.pk)


def _about(item: AccessGrant) -> str:
    return f"lake/{item.lake}/access/{item.pk}"
