"""Downloads without an account: limited in number and duration, and counted as sums."""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Self

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _

from datalake.models import PublicDownload
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service
from vre_portal.slots import NoSlot, Slot

ALL = "public-downloads"
logger = logging.getLogger(__name__)


class PublicSending:
    """The bytes of one answer, while it holds its slots; what was sent is counted at its end, whatever ends it.

    Raises NoSlot where `reader`, or everybody together, has as many under way as may be.
    """

    def __init__(self, lake: Service, scope: str, kind: PublicDownload.Kind, *, reader: str) -> None:
        self._lake, self._scope, self._kind = lake, scope, kind
        self._slots = [Slot(f"{ALL}:{reader}", settings.PUBLIC_DOWNLOADS_PER_READER)]
        try:
            self._slots.append(Slot(ALL, settings.PUBLIC_DOWNLOADS))
        except NoSlot:
            self._release()
            raise
        self._body: Iterator[bytes] = iter(())
        self._sent, self._is_over = 0, False
        self._end = time.monotonic() + settings.PUBLIC_DOWNLOAD_SECONDS

    def of(self, body: Iterator[bytes]) -> Self:
        """What is sent."""
        self._body = body
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if time.monotonic() > self._end:
            message = _("This download took too long. Resume it with a range request, or sign in.")
            raise RemoteUnavailable(message, service=self._lake)
        for slot in self._slots:
            slot.renew()
        piece = next(self._body)
        self._sent += len(piece)
        return piece

    def close(self) -> None:
        """Give the slot back; Django calls this when the response ends, also where it was never read."""
        if self._is_over:
            return
        self._is_over = True
        if (close := getattr(self._body, "close", None)) is not None:
            with suppress(Exception):  # how a storage ends is no trouble of an answer that is over
                close()
        self._release()
        count(self._lake, self._scope, self._kind, self._sent)

    def abandon(self) -> None:
        """Give the slots back where no answer is sent; nothing is counted."""
        self._is_over = True
        self._release()

    def _release(self) -> None:
        for slot in self._slots:
            slot.release()


def count(lake: Service, scope: str, kind: PublicDownload.Kind, size: int = 0) -> None:
    """Add to the sums; where the database is away the log has it."""
    try:
        PublicDownload.count(lake.name, scope, kind, size)
    except DatabaseError:
        logger.warning("public download not counted: %s %s %s %s", lake.name, scope, kind, size)
