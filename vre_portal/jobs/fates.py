"""What happens to a job whose work raised an error: one table and one back-off for all jobs."""

from enum import StrEnum, auto

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _

from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.errors import SignInAgain
from vre_portal.jobs.holds import Held
from vre_portal.jobs.lease import LeaseLost
from vre_portal.services import UnknownService

INTERNAL_ERROR_MESSAGE = _("An internal error occurred. The administrators of the portal can find the cause in the log.")
INTERRUPTED_MESSAGE = _(
    "It was interrupted %(count)s times in a row and is not tried again. If it happens again, contact the administrators of the portal."
)
RETRY_MESSAGE = _("Retrying automatically.")
FIRST_PAUSE, LONGEST_PAUSE, SIGN_IN_PAUSE, HELD_PAUSE = 5.0, 60.0, 60.0, 10.0  # seconds
LONGEST_RETRY_AFTER = 3600.0


class Refused(Exception):
    """The portal refuses the work permanently; the message is for the person."""


class Fate(StrEnum):
    """What happens next."""

    LOST = auto()  # another worker has it: nothing is written
    DATABASE_AWAY = auto()  # nothing can be written: the lease runs out, and the sweep finds the row
    HELD = auto()  # it waits until its action is no longer stopped; nothing has failed
    SIGN_IN = auto()  # it waits for its person
    REFUSED = auto()  # it has ended; the error's text says why
    UNAVAILABLE = auto()  # it is tried again
    OWN_FAULT = auto()  # it is tried again, and the log has the cause


# The first that fits counts: SignInAgain is a RemoteRefused.
TABLE: tuple[tuple[tuple[type[Exception], ...], Fate], ...] = (
    ((LeaseLost,), Fate.LOST),
    ((OperationalError, InterfaceError), Fate.DATABASE_AWAY),
    ((Held,), Fate.HELD),
    ((SignInAgain,), Fate.SIGN_IN),
    ((RemoteRefused, UnknownService, Refused), Fate.REFUSED),
    ((RemoteUnavailable,), Fate.UNAVAILABLE),
    ((Exception,), Fate.OWN_FAULT),
)


def fate_of(error: Exception) -> Fate:
    """The row of the table that fits."""
    return next(fate for kinds, fate in TABLE if isinstance(error, kinds))


def pause_after(tries: int, error: Exception | None = None, *, longest: float = LONGEST_PAUSE) -> float:
    """Seconds until the next attempt after so many that failed: 5, 10, 20 ... and what the service asked for, within an hour."""
    wanted = float(getattr(error, "retry_after", None) or 0)
    doubled: float = FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 20)
    return max(min(doubled, longest), min(wanted, LONGEST_RETRY_AFTER))
