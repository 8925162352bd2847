"""How the server says no."""

from collections.abc import Mapping


class Refusal(Exception):
    """An answer with an error status and a message, in REANA's shape."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None, own: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.own = own  # the newer line's server itself says "detail"; what stands behind it says "message", as version 0.9 always does
