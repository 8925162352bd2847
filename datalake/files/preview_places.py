"""Places for making previews: one a person (or address) in all processes of the portal together, and a few in each process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from vre_portal.slots import NoSlot, Slot

CHILDREN = 3  # at a time in one process
WAIT_SECONDS = 4.0
HELD_SECONDS = 75  # after which the place is free again whose process died; longer than any preview takes
MINE = _("Another preview of yours is still loading. Retry in a few seconds.")
ALL = _("Too many previews are loading at the moment. Retry in a few seconds.")
CHILD = "preview-child"


class NoPlace(Exception):
    """All places are taken; the text says whose previews are being read and is safe to show."""


@contextmanager
def reader_place(reader: str) -> Iterator[None]:
    """Hold the one place of `reader`. One more request of theirs waits for it shortly; raises NoPlace where it stays taken or another waits already."""
    try:
        slot = Slot(reader_slot(reader), 1, wait_seconds=WAIT_SECONDS, max_waiting=1, held_seconds=HELD_SECONDS)
    except NoSlot:
        raise NoPlace(str(MINE)) from None
    with slot:
        yield


@contextmanager
def child_place() -> Iterator[None]:
    """Hold one of this process's places for a child; raises NoPlace where all stay taken."""
    try:
        slot = Slot(CHILD, CHILDREN, wait_seconds=WAIT_SECONDS, shared=False)
    except NoSlot:
        raise NoPlace(str(ALL)) from None
    with slot:
        yield


def reader_slot(reader: str) -> str:
    """The name by which the place of a reader is counted."""
    return f"preview:{reader}"
