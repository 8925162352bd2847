"""How the server says no."""


class Refusal(Exception):
    """An answer with an error status and a message, in REANA's shape."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
