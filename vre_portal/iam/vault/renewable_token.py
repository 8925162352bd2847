"""A token as it is handed out. A service may refuse it before its time: keys change, and an IAM may take it back."""

from collections.abc import Callable
from typing import Self


class RenewableToken(str):
    """A token that can be replaced once while it is in use; `current` is what is sent."""

    __slots__ = ("_another", "current")

    def __new__(cls, value: str, another: Callable[[], str]) -> Self:
        token = super().__new__(cls, value)
        token.current, token._another = value, another
        return token

    _another: Callable[[], str] | None
    current: str

    def renew(self) -> bool:
        """Replace it; False where that was done before. Raises what the vault raises."""
        if self._another is None:
            return False
        another, self._another = self._another, None
        self.current = str(another())
        return True


def current(token: str) -> str:
    """What is sent for a token."""
    return token.current if isinstance(token, RenewableToken) else token


def renew(token: str) -> bool:
    """Replace a token that a service refuses; False where it cannot be, or was replaced before. Raises what the vault raises."""
    return isinstance(token, RenewableToken) and token.renew()
