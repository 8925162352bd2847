"""Telling of many things in one go, where what is wrong with one of them costs no other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, transaction

logger = logging.getLogger(__name__)


@contextmanager
def one_of_many(what: str) -> Iterator[None]:
    """Undo and log what fails with one of them, named by its kind and number; the next go finds it untold and tries it again.

    Raises OperationalError and InterfaceError: without a database the others would fail, too.
    """
    try:
        with transaction.atomic():
            yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("%s could not be told", what)
