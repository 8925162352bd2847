"""A token as it is handed out. A service may refuse it before its time: keys change, and an IAM may take it back."""

import math
import time
from collections.abc import Callable
from typing import Self

AGAIN_SECONDS = 60  # a token that was given just now and is refused will not be taken the next time either


class RenewableToken(str):
    """A token that can be replaced while it is in use, once a minute; `current` is what is sent."""

    __slots__ = ("_another", "_renewed_at", "current")

    def __new__(cls, value: str, another: Callable[[], str]) -> Self:
        token = super().__new__(cls, value)
        token.current, token._another, token._renewed_at = value, another, -math.inf
        return token

    _another: Callable[[], str]
    _renewed_at: float
    current: str

    def renew(self) -> bool:
        """Replace it; False where that was done just now. Raises what the vault raises."""
        if time.monotonic() - self._renewed_at < AGAIN_SECONDS:
            return False
        self._renewed_at = time.monotonic()
        self.current = str(self._another())
        return True


def current(token: str) -> str:
    """What is sent for a token."""
    return token.current if isinstance(token, RenewableToken) else token


def renew(token: str) -> bool:
    """Replace a token that a service refuses; False where it cannot be, or was replaced just now. Raises what the vault raises."""
    return isinstance(token, RenewableToken) and token.renew()
