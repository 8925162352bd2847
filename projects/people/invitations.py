"""Creating, revoking and using invitation links."""

import base64
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, ngettext

from projects import closing_hooks
from projects.locking import ProjectClosed
from projects.models import Invitation, InvitationUse, Membership, Project, Role
from projects.people import services
from projects.people.services import PeopleChangeRefused
from vre_portal.audit import record
from vre_portal.iam.models import User

MAX_ACTIVE = 20  # links of one project that work at the same time
SHOWN_AGAIN = timedelta(minutes=10)  # for a form that is sent twice


class LinkState(StrEnum):
    """Whether a link works, and why not."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED_UP = "used up"
    USED_BEFORE = "used before"
    INVITER_LEFT = "inviter left"
    CLOSED = "closed"


class TakesNobody(PeopleChangeRefused):
    """The project is closed: no link of it is made, and none works."""


class InvitationRefused(Exception):
    """The link does not work; `state` says why."""

    def __init__(self, state: LinkState) -> None:
        super().__init__(state)
        self.state = state


def secret_for(by: User, project: Project, key: uuid.UUID) -> str:
    """The secret of the link that this form creates: always the same, so that a form that is sent twice shows the same link."""
    value = f"{project.pk}/{by.pk}/{key}"
    made = salted_hmac("projects.invitation", value, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def address_of(secret: str) -> str:
    """The full address of a link, to be sent to people."""
    return f"{settings.PORTAL_URL}{reverse('projects:invitation', args=[secret])}"


def create(*, by: User, project: Project, role: str, key: uuid.UUID, expires_at: datetime, max_uses: int, note: str = "") -> str:
    """Create a link and return its secret, which is shown this once."""
    secret = secret_for(by, project, key)
    with services.exclusive(by, project):
        _require_open(project)
        existing = Invitation.objects.filter(project=project, key=key).first()
        if existing is not None:
            if existing.created_by_id != by.pk or existing.created_at < timezone.now() - SHOWN_AGAIN:
                raise PeopleChangeRefused(gettext("This invitation link was already created. It is shown only once."))
            return secret
        if Invitation.objects.filter(project=project).active().count() >= MAX_ACTIVE:
            message = ngettext(
                "A project can have %(limit)s active invitation link. Revoke it, then try again.",
                "A project can have %(limit)s active invitation links. Revoke one, then try again.",
                MAX_ACTIVE,
            )
            raise PeopleChangeRefused(message % {"limit": MAX_ACTIVE})
        invitation = Invitation.objects.create(
            project=project, role=role, note=note, key=key, secret_digest=Invitation.digest(secret), created_by=by,
            expires_at=expires_at, max_uses=max_uses,
        )  # fmt: skip
        _note("created", by, invitation, expires=expires_at.isoformat(timespec="minutes"), uses=max_uses)
    return secret


def revoke(*, by: User, project: Project, pk: int) -> Invitation:
    """Make a link of this project stop working; revoking again changes nothing."""
    with services.exclusive(by, project):
        invitation = Invitation.objects.filter(project=project, pk=pk).first()
        if invitation is None:
            raise PeopleChangeRefused(services.GONE)
        if invitation.revoked_at is None:
            invitation.revoked_at = timezone.now()
            invitation.save(update_fields=["revoked_at"])
            _note("revoked", by, invitation)
    return invitation


def leads_among(project: Project, people: Collection[User]) -> set[int]:
    """Those of the people who lead the project now."""
    leads = list(Membership.objects.filter(project=project, role=Role.LEAD).values_list("user", "group"))
    named, groups = {user for user, _ in leads if user}, {group for _, group in leads if group}
    return {one.pk for one in people if one.is_active and (one.pk in named or groups & set(one.groups))}


def state_of(invitation: Invitation, leads: Collection[int]) -> LinkState:
    """Whether it works; `leads` are those who lead its project: a link ends with the role of the person who created it."""
    if invitation.revoked_at is not None:
        return LinkState.REVOKED
    if invitation.is_used_up:
        return LinkState.USED_UP
    if invitation.is_expired:
        return LinkState.EXPIRED
    if closing_hooks.closed_reason(invitation.project):
        return LinkState.CLOSED
    return LinkState.ACTIVE if invitation.created_by_id in leads else LinkState.INVITER_LEFT


def state_now(invitation: Invitation) -> LinkState:
    """The same for one invitation, asked of the database."""
    inviter = [invitation.created_by] if invitation.created_by else []
    return state_of(invitation, leads_among(invitation.project, inviter))


def accept(*, by: User, invitation: Invitation) -> Role:
    """Take the role that the link gives, or keep a stronger one; each person can use a link once. Raises InvitationRefused."""
    inviter, project = invitation.created_by, invitation.project
    if inviter is None:
        raise InvitationRefused(LinkState.INVITER_LEFT)
    try:
        with services.exclusive(inviter, project):
            _require_open(project)
            if (role := _held(by, project, invitation.role)) is not None:
                return role
            if InvitationUse.objects.filter(invitation=invitation, user=by).exists():
                raise InvitationRefused(LinkState.USED_BEFORE)  # else a person who was removed would come back by it
            now = Q(pk=invitation.pk, revoked_at=None, expires_at__gt=timezone.now(), uses__lt=F("max_uses"))
            if not Invitation.objects.filter(now).update(uses=F("uses") + 1):
                invitation.refresh_from_db()
                raise InvitationRefused(state_now(invitation))
            InvitationUse.objects.create(invitation=invitation, user=by)
            role = services.raise_role(by=inviter, project=project, user=by, role=invitation.role)
            _note("accepted", by, invitation)
            return role
    except TakesNobody as closed:
        raise InvitationRefused(LinkState.CLOSED) from closed
    except PeopleChangeRefused as refused:
        raise InvitationRefused(LinkState.INVITER_LEFT) from refused


def _require_open(project: Project) -> None:
    """The project takes new people at this moment, and until this transaction ends. Raises TakesNobody."""
    try:
        closing_hooks.require_open_locked(project)
    except ProjectClosed as closed:
        raise TakesNobody(str(closed)) from closed


def _held(by: User, project: Project, role: str) -> Role | None:
    """The role that a person has already, where the link would not give a stronger one."""
    held = set(Membership.objects.of(by).filter(project=project).values_list("role", flat=True))
    strongest = next((item for item in Role if item in held or item == role), None)
    return strongest if strongest in held else None


def _note(what: str, by: User, invitation: Invitation, **facts: Any) -> None:
    """Into the record: the number of the link, never its secret."""
    subject = f"project/{invitation.project.slug}"
    record(f"project.invitation.{what}", by=by, subject=subject, invitation=invitation.pk, role=invitation.role, **facts)
