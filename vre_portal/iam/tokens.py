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
