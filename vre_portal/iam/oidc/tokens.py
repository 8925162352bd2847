"""One answer of a token endpoint, on its way into the vault."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Tokens:
    """What an IAM issued; the values never show in a representation."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    identity: str = field(repr=False)
    scope: str
    expires_at: datetime


def is_jwt(token: str) -> bool:
    """Whether a token is a signed or encrypted one of an IAM (three or five parts): such a one never goes into an address."""
    return token.count(".") >= 2
