"""Work of people that waits for a new sign-in: who tells them registers a function, for people lie below what is told."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, transaction

from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
_listeners: list[Callable[[User, str], None]] = []


def register(listener: Callable[[User, str], None]) -> None:
    """Call `listener` with the person and the path of what waits, each time that a worker finds that it waits."""
    if listener not in _listeners:
        _listeners.append(listener)


def report(user: User, path: str) -> None:
    """Something of this person's waits until they sign in again; `path` is its page. An error in telling that stops no work."""
    for listener in _listeners:
        try:
            with transaction.atomic():
                listener(user, path)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("user %s could not be told that work waits for them", user.pk)
