"""Who someone is: from what an IAM tells to the user's row."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.iam import groups, oidc
from vre_portal.iam.groups import membership
from vre_portal.iam.models import Identity, User
from vre_portal.iam.oidc import signatures
from vre_portal.iam.oidc.claims import line, number, subject, text
from vre_portal.iam.oidc.tokens import Tokens
from vre_portal.services import Service, ServiceKind, services
from vre_portal.vocabularies import orcid as orcids

logger = logging.getLogger(__name__)
ORCID_CLAIMS = ("orcid", "eduperson_orcid")
ORCID_ISSUERS = ("https://orcid.org", "https://sandbox.orcid.org")


def facts_of(iam: Service, claims: dict[str, Any]) -> dict[str, Any]:
    """What the user's row keeps of the claims; nothing in here is an identity."""
    staff = str(iam.options.get("staff_group", ""))
    return {
        "name": line(claims.get("name"), 200),
        "preferred_username": line(claims.get("preferred_username"), 200),
        "email": line(claims.get("email"), 320),
        "orcid": orcid_of(iam, claims),
        "groups": groups.groups_of(iam, claims),
        "groups_seen_at": timezone.now(),
        "groups_left_out": groups.left_out(iam, claims),
        "is_staff": bool(staff) and staff in groups.told_by(iam, claims),
    }


def orcid_of(iam: Service, claims: dict[str, Any]) -> str:
    """The ORCID iD that an IAM tells, where it is a valid one; at ORCID itself it is the subject."""
    told = [claims.get(name) for name in ORCID_CLAIMS]
    if iam.url.rstrip("/") in ORCID_ISSUERS:
        told.append(claims.get("sub"))
    values = (value for claim in told for value in (claim if isinstance(claim, list) else [claim]))
    return next((orcid for value in values if isinstance(value, str) and (orcid := orcids.parse(value))), "")


@dataclass(frozen=True)
class Proven:
    """Somebody of whom an IAM has just proven who they are there; not yet a person here."""

    subject: str
    facts: dict[str, Any]
    authenticated_at: float | None = None  # when the IAM last asked the person, where it tells
    acr: str = ""  # in which way, in the IAM's words
    sid: str = ""  # its own session, by which it may end ours
    left_out: int = 0  # groups that cannot be used here


def prove(iam: Service, tokens: Tokens, *, nonce: str) -> Proven:
    """Who came back from the IAM: a genuine identity token, and the same subject at userinfo."""
    if not tokens.identity:
        raise RemoteUnavailable(_("%(iam)s sent no identity token.") % {"iam": iam.title}, service=iam)
    claims = signatures.identity(iam, tokens.identity, nonce=nonce)
    who, when = subject(iam, claims["sub"]), claims.get("auth_time")
    told = oidc.userinfo(iam, tokens.access, subject=who)
    return Proven(
        who,
        facts_of(iam, told),
        authenticated_at=None if isinstance(when, str) else number(when),  # a text is no time, as the standard has it
        acr=text(claims.get("acr")),
        sid=text(claims.get("sid")),
        left_out=groups.left_out(iam, told),
    )


def bring_up_to_date(user: User, iam: Service, access: str) -> None:
    """Ask the IAM for name and groups again, so that a group taken away is gone here too; and for those of linked identities where one may."""
    facts = facts_of(iam, oidc.userinfo(iam, access, subject=user.subject))
    own = {name: facts.pop(name) for name in Identity.GROUPS}
    User.objects.filter(pk=user.pk).update(**facts)
    for name, value in facts.items():
        setattr(user, name, value)
    Identity.objects.update_or_create(issuer=iam.url, subject=user.subject, defaults=own, create_defaults={"user": user, **own})
    ask_for_linked(user)
    user.unite_groups()


def ask_for_linked(user: User) -> None:
    """The groups of identities that are not in use, by the portal's own client where their IAM has one for groups; else they grow old."""
    old = timezone.now() - timedelta(seconds=settings.GROUPS_SECONDS)
    known = {iam.url: iam for iam in services(ServiceKind.IAM)}
    for identity in Identity.objects.filter(user=user, groups_seen_at__lt=old):
        iam = known.get(identity.issuer)
        if iam is None or identity.is_of(user) or not membership.is_configured(iam):
            continue
        try:
            told = membership.groups_of(iam, identity.subject)
        except RemoteError as error:
            logger.warning("the groups of a linked identity of user %s are not known newly: %s", user.pk, error)
            if getattr(error, "status", None) != 404:
                continue
            told = set()  # that IAM knows nobody of this name any more
        prefix = groups.prefix_of(iam)
        identity.groups = sorted(f"{prefix}{path}" for path in told if groups.is_sound(f"{prefix}{path}"))
        identity.groups_seen_at = timezone.now()
        identity.save(update_fields=["groups", "groups_seen_at"])
