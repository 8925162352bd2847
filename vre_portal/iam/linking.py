"""A second identity for one person: linked on purpose from inside a session, never because an address or a name is equal."""

import logging
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from vre_portal import audit
from vre_portal.http import RemoteError
from vre_portal.iam import oidc
from vre_portal.iam.models import Identity, User, UserSession
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.iam.people import Proven
from vre_portal.iam.sessions import step_up
from vre_portal.services import Service

logger = logging.getLogger(__name__)


class CannotLink(Exception):
    """The identity is not linked or unlinked; the message tells the person why."""


def finish(request: HttpRequest, iam: Service, proven: Proven, tokens: Tokens, *, wanted_by: Any) -> None:
    """The person is back from the other IAM: link what it has proven; its tokens are of no use here and go back."""
    try:
        user = request.user
        # Whoever began this must still be here: in between, somebody else may have signed in with this browser.
        if not isinstance(user, User) or wanted_by != str(user.handle):
            raise CannotLink(_("You are now signed in as a different person than when you started."))
        if not step_up.is_recent(request):
            raise CannotLink(_("It took too long. Please sign in again and start over."))
        link(user, iam, proven)
        messages.success(request, _("Your identity at %(iam)s is linked. You can now sign in with it.") % {"iam": iam.title})
    except CannotLink as why:
        logger.warning("an identity at %s was not linked", iam.name)
        audit.record(
            "identity-link", by=request.user if isinstance(request.user, User) else None, subject=f"iam/{iam.name}", outcome="refused"
        )
        messages.error(request, f"{_('Nothing was linked.')} {why}")
    finally:
        give_back(iam, tokens)


def give_back(iam: Service, tokens: Tokens) -> None:
    for value in filter(None, (tokens.refresh, tokens.access)):
        try:
            oidc.revoke(iam, value)
        except RemoteError:
            logger.warning("a token of a linking could not be revoked at %s", iam.name)


def link(user: User, iam: Service, proven: Proven) -> Identity:
    """Make an identity one of this person's; raises CannotLink where it has an account, or the person has one there already."""
    if User.objects.filter(issuer=iam.url, subject=proven.subject).exclude(pk=user.pk).exists():
        raise CannotLink(
            _("This identity already has its own account here. Accounts cannot be merged; contact the administrators of the portal.")
        )
    name = proven.facts["name"] or proven.facts["preferred_username"]
    try:
        with transaction.atomic():
            own = {key: proven.facts[key] for key in Identity.GROUPS}
            identity = Identity.objects.create(user=user, issuer=iam.url, subject=proven.subject, name=name, **own)
            user.unite_groups()
            audit.record("identity-link", by=user, subject=f"iam/{iam.name}")
    except IntegrityError:
        reason = _("You already have an identity at %(iam)s, or this one is linked to another person.") % {"iam": iam.title}
        raise CannotLink(reason) from None
    return identity


def unlink(user: User, identity: Identity) -> None:
    """Take one away, with the sessions that began with it; the one in use stays, so there is always a last."""
    if identity.issuer == user.issuer:
        raise CannotLink(_("You last signed in with this identity. Sign in with another one first."))
    with transaction.atomic():
        UserSession.objects.filter(user=user, issuer=identity.issuer).end()
        identity.delete()
        user.unite_groups()
        audit.record("identity-unlink", by=user, subject=f"issuer/{identity.issuer}")
    logger.info("user %s unlinked an identity", user.pk)
