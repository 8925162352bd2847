"""Who someone is: from what an IAM tells to the user's row."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from vre_portal.http import RemoteUnavailable
from vre_portal.iam import groups, oidc, signatures
from vre_portal.iam.models import User
from vre_portal.iam.tokens import Tokens
from vre_portal.services import Service

LONGEST = 255


def facts_of(iam: Service, claims: dict[str, Any]) -> dict[str, Any]:
    """What the user's row keeps of the claims; nothing in here is an identity."""
    staff = str(iam.options.get("staff_group", ""))
    return {
        "name": str(claims.get("name") or "")[:200],
        "preferred_username": str(claims.get("preferred_username") or "")[:200],
        "email": str(claims.get("email") or "")[:320],
        "groups": groups.groups_of(iam, claims),
        "groups_seen_at": timezone.now(),
        "is_staff": bool(staff) and staff in groups.told_by(iam, claims),
    }


@dataclass(frozen=True)
class Proven:
    """Somebody of whom an IAM has just proven who they are there; not yet a person here."""

    subject: str
    facts: dict[str, Any]
    authenticated_at: float | None = None  # when the IAM last asked the person, where it tells
    acr: str = ""  # in which way, in the IAM's words
    sid: str = ""  # its own session, by which it may end ours


def prove(iam: Service, tokens: Tokens, *, nonce: str) -> Proven:
    """Who came back from the IAM: a genuine identity token, and the same subject at userinfo."""
    if not tokens.identity:
        raise RemoteUnavailable(f"{iam.title} answered without an identity token.", service=iam)
    claims = signatures.identity(iam, tokens.identity, nonce=nonce)
    subject, when = str(claims["sub"]), claims.get("auth_time")
    return Proven(
        subject,
        facts_of(iam, oidc.userinfo(iam, tokens.access, subject=subject)),
        authenticated_at=float(when) if isinstance(when, int | float) and not isinstance(when, bool) else None,
        acr=text(claims.get("acr")),
        sid=text(claims.get("sid")),
    )


def text(claim: object) -> str:
    """A claim that is a text of a length that can be kept, or nothing."""
    return claim if isinstance(claim, str) and len(claim) <= LONGEST and "\0" not in claim else ""


def bring_up_to_date(user: User, iam: Service, access: str) -> None:
    """Ask the IAM for name and groups again, so that a group taken away is gone here too."""
    facts = facts_of(iam, oidc.userinfo(iam, access, subject=user.subject))
    User.objects.filter(pk=user.pk).update(**facts)
    for name, value in facts.items():
        setattr(user, name, value)
