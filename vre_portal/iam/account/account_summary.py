"""What the account page shows of a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from vre_portal.iam.models import Token, User
from vre_portal.services import Service, ServiceKind, services


@dataclass(frozen=True)
class HeldToken:
    """One token as its owner may see it."""

    service: str
    sign_in: bool
    expires_at: datetime
    renewed_at: datetime | None
    purpose: str
    scope: str


def home_of(user: User) -> Service | None:
    """The IAM that someone comes from, if it is still configured."""
    return next((iam for iam in services(ServiceKind.IAM) if iam.url == user.issuer), None)


def tokens_of(user: User) -> list[HeldToken]:
    """The tokens that are held now, the sign-in first."""
    titles = {f"{service.kind}/{service.name}": service.title for service in services()}
    rows = Token.objects.filter(user=user, retired_at=None).exclude(access="").order_by("service")
    return [
        HeldToken(
            service=titles.get(row.service, row.service) if row.service else _("Sign-in"),
            sign_in=not row.service,
            expires_at=row.expires_at,
            renewed_at=row.renewed_at,
            purpose=row.purpose,
            scope=row.scope,
        )
        for row in rows
    ]


def is_signed_in(tokens: list[HeldToken]) -> bool:
    """Whether services can still be reached in this person's name."""
    return any(token.sign_in for token in tokens)


def as_json(user: User, tokens: list[HeldToken]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "name": str(user),
        "issuer": user.issuer,
        "subject": user.subject,
        "groups": user.groups,
        "groups_seen_at": user.groups_seen_at,
        "tokens": [
            {"service": token.service, "expires_at": token.expires_at, "scope": token.scope, "purpose": token.purpose} for token in tokens
        ],
    }
