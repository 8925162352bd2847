"""What can go wrong, each with the next step."""

from pathlib import Path


class VreError(Exception):
    """Base of all errors of this package: what happened, and what to do next."""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(f"{message} {next_step}".strip())
        self.message, self.next_step = message, next_step


class NotSignedIn(VreError):
    """There is no login, or the portal does not accept it."""


class AccessDenied(VreError):
    """The login is good, but may not do this."""


class NotFound(VreError):
    """The portal has no such thing, or does not show it to you."""


class NotPossible(VreError):
    """This item, or this argument, does not allow it."""


class PortalUnavailable(VreError):
    """The portal or the identity service does not answer as expected; trying again later may help."""


class Interrupted(PortalUnavailable):
    """There was no answer, or half of one: the same question may be answered a moment later."""


class MissingPackage(VreError):
    """An optional package is not installed."""


class DownloadFailed(VreError):
    """A file could not be downloaded; what has arrived is kept and continued next time."""


class ChecksumMismatch(DownloadFailed):
    """The bytes that arrived are not those of the file; nothing was kept."""


class DatasetIncomplete(DownloadFailed):
    """Some files of a dataset could not be downloaded: `failures` by file name; the others are in `folder`."""

    def __init__(self, message: str, next_step: str, folder: Path, failures: dict[str, str]) -> None:
        super().__init__(message, next_step)
        self.folder, self.failures = folder, failures
