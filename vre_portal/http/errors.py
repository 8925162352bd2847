"""How a remote call fails: as one of two errors, whose texts are safe to show."""

from vre_portal.services import Service


class RemoteError(Exception):
    """A remote service did not do what was asked; the text is safe to show to a person."""

    def __init__(self, message: str, *, service: Service | None = None) -> None:
        super().__init__(message)
        self.service = service


class RemoteUnavailable(RemoteError):
    """The service cannot be reached, is too slow or fails: trying again later may help."""

    def __init__(self, message: str, *, service: Service | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, service=service)
        self.retry_after = retry_after


class RemoteRefused(RemoteError):
    """The service understood and said no: asking the same again will not help."""

    def __init__(self, message: str, *, service: Service | None = None, status: int = 0, code: str = "") -> None:
        super().__init__(message, service=service)
        self.status = status
        self.code = code
