"""Whose name is used at the portal, and with which token."""

from dataclasses import dataclass, field
from typing import Protocol

from vre import settings
from vre.errors import NotSignedIn
from vre.saved_login import SavedLogin

FOR_LOGIN = 'Call vre.login("{url}"), or set VRE_TOKEN to a personal token.'


class Identity(Protocol):
    """A source of tokens; `advice` is what to do where the portal refuses them."""

    @property
    def advice(self) -> str: ...

    def token(self) -> str | None:
        """The token to send, None for none; raises NotSignedIn where one is needed."""

    def renew(self, refused: str | None) -> bool:
        """Whether there is another token than the one that was refused."""


@dataclass(frozen=True)
class FixedToken:
    """A token that was given."""

    value: str = field(repr=False)
    advice: str = "The token may have expired or been revoked. Make a new one on the page Tokens of your account."

    def token(self) -> str:
        return self.value

    def renew(self, refused: str | None) -> bool:
        return False


@dataclass(frozen=True)
class Anonymous:
    """For what everybody may read."""

    advice: str = "Try again later."

    def token(self) -> None:
        return None

    def renew(self, refused: str | None) -> bool:
        return False


@dataclass(frozen=True)
class NoIdentity:
    """Nobody has signed in."""

    advice: str

    def token(self) -> str:
        raise NotSignedIn("You are not signed in to the portal.", self.advice)

    def renew(self, refused: str | None) -> bool:
        return False


IN_SESSION = "Sign in to the notebook service again, then repeat. If that does not help, restart this session."


def find_identity(url: str, token: str | None) -> Identity:
    """The token that was given, VRE_TOKEN, the session's token, the saved login: the first that there is."""
    if token := token or settings.personal_token(url):
        return FixedToken(checked_token(token))
    if token := settings.session_token(url):
        return FixedToken(checked_token(token), IN_SESSION)
    saved = SavedLogin(url)
    return saved if saved.exists() else NoIdentity(FOR_LOGIN.format(url=url))


def checked_token(token: str) -> str:
    """The token; raises NotSignedIn where it cannot stand in a header."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NotSignedIn("The token has characters that no token has.", "Copy it again, whole and without blanks.")
    return token
