"""Handing a project over: a lead offers, another person of the project accepts; the offer ends when the one who offered leads no more."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.lifecycle.services import EndRefused, leads
from projects.locking import open_project_locked
from projects.models import Membership, Project, Role, TransferOffer
from projects.people import services as people
from vre_portal.audit import record
from vre_portal.iam.models import User

State = TransferOffer.State


def open_offer(project: Project) -> TransferOffer | None:
    """The offer that still holds, if there is one."""
    offer = project.transfer_offers.filter(state=State.OPEN).select_related("by", "to", "project").first()
    return offer if offer is not None and holds(offer) else None


def holds(offer: TransferOffer) -> bool:
    """Whether an open offer can still be accepted: the one still leads, the other still belongs to the project, which has not ended."""
    project = offer.project
    if offer.state != State.OPEN or project.is_archived or project.deleted_at is not None:
        return False
    is_named = Membership.objects.filter(project=project, user=offer.to).exists()
    return offer.by.is_active and offer.to.is_active and is_named and leads(offer.by, project)


def candidates(project: Project, by: User) -> list[User]:
    """People who are named in the project, and may be offered to lead it."""
    named = project.memberships.filter(user__is_active=True).exclude(user=by).select_related("user")
    return sorted((item.user for item in named if item.user), key=str)


def offer(*, by: User, project: Project, to: User) -> TransferOffer:
    """Offer it to one person at a time; the same offer again is the same. Raises EndRefused."""
    try:
        with transaction.atomic():
            now = open_project_locked(project, archived_too=True)
            if not leads(by, now) or now.is_archived or to not in candidates(now, by):
                raise EndRefused(_("This project can't be offered to %(person)s. Nothing was changed.") % {"person": to})
            earlier = now.transfer_offers.filter(state=State.OPEN).first()
            if earlier is not None and holds(earlier):
                if (earlier.by_id, earlier.to_id) == (by.pk, to.pk):
                    return earlier
                raise EndRefused(_("The project is already offered to %(person)s. Withdraw that offer first.") % {"person": earlier.to})
            if earlier is not None:
                _end(earlier, State.ENDED)
            made = TransferOffer.objects.create(project=now, by=by, to=to)
            record("project.transfer.offer", by=by, subject=f"project/{now.slug}", person=to)
            return made
    except IntegrityError:
        raise EndRefused(_("The project was offered to somebody else in the meantime.")) from None


def _end(found: TransferOffer, state: str) -> None:
    found.state, found.ended_at = state, timezone.now()
    found.save(update_fields=["state", "ended_at"])


def _locked(pk: int, project: Project) -> TransferOffer:
    """The offer, which nobody else answers meanwhile. Raises EndRefused where it holds no more."""
    open_project_locked(project, archived_too=True)
    found = TransferOffer.objects.select_related("by", "to", "project").filter(pk=pk, project=project).first()
    if found is None or not holds(found):
        raise EndRefused(_("This offer has ended. Nothing was changed."))
    return found


@transaction.atomic
def accept(*, by: User, project: Project, pk: int) -> None:
    """Lead the project from now on; the one who offered it becomes a member."""
    found = _locked(pk, project)
    if found.to_id != by.pk:
        raise EndRefused(_("This offer is for somebody else."))
    try:
        people.add_person(by=found.by, project=project, user=by, role=Role.LEAD)
        own = Membership.objects.filter(project=project, user=found.by, role=Role.LEAD).first()
        if own is not None:
            people.change_role(by=by, project=project, pk=own.pk, role=Role.MEMBER)
    except people.PeopleChangeRefused as refused:
        raise EndRefused(str(refused)) from None
    _end(found, State.ACCEPTED)
    record("project.transfer.accept", by=by, subject=f"project/{project.slug}", person=found.by)


@transaction.atomic
def decline(*, by: User, project: Project, pk: int) -> None:
    """Say no, or take the offer back."""
    found = _locked(pk, project)
    if by.pk != found.to_id and not leads(by, project):
        raise EndRefused(_("This offer is for somebody else."))
    state = State.DECLINED if by.pk == found.to_id else State.WITHDRAWN
    _end(found, state)
    record(f"project.transfer.{state}", by=by, subject=f"project/{project.slug}")


def waiting_for(user: User) -> list[TransferOffer]:
    """The offers that still hold and that the person can accept or withdraw, the newest first."""
    mine = TransferOffer.objects.filter(Q(to=user) | Q(by=user), state=State.OPEN).select_related("by", "to", "project")
    return [item for item in mine if holds(item)]
