"""Places for making previews: one a person (or address) in all processes of the portal together, and a few in each process."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache

CHILDREN = 3  # at a time in one process
WAIT_SECONDS = 4
HELD_SECONDS = 75  # after which the place is free again whose process died; longer than any preview takes
MINE = "Another preview of yours is still being read. Retry in a few seconds."
ALL = "Many previews are being read right now. Retry in a few seconds."

_changed = threading.Condition()
_readers: set[str] = set()
_waiting: set[str] = set()
_children = threading.BoundedSemaphore(CHILDREN)


class NoPlace(Exception):
    """All places are taken; the text says whose previews are being read and is safe to show."""


@contextmanager
def reader_place(reader: str) -> Iterator[None]:
    """Hold the one place of `reader`. One more request of theirs waits for it shortly; raises NoPlace where it stays taken or another waits already."""
    key, ticket = f"datalake:preview-place:{reader}", secrets.token_hex(8)
    with _changed:
        if reader in _readers and not _wait_for(reader):
            raise NoPlace(MINE)
        _readers.add(reader)
    try:
        if not _acquire_shared(key, ticket):
            raise NoPlace(MINE)
        try:
            yield
        finally:
            if cache.get(key) == ticket:
                cache.delete(key)
    finally:
        with _changed:
            _readers.discard(reader)
            _changed.notify_all()


@contextmanager
def child_place() -> Iterator[None]:
    """Hold one of this process's places for a child; raises NoPlace where all stay taken."""
    if not _children.acquire(timeout=WAIT_SECONDS):
        raise NoPlace(ALL)
    try:
        yield
    finally:
        _children.release()


def _wait_for(reader: str) -> bool:
    """Whether the place has become free, with `_changed` held; False at once where another request waits already."""
    if reader in _waiting:
        return False
    _waiting.add(reader)
    try:
        return _changed.wait_for(lambda: reader not in _readers, WAIT_SECONDS)
    finally:
        _waiting.discard(reader)


def _acquire_shared(key: str, ticket: str) -> bool:
    """The place among all processes, waited for shortly. While the cache is away each process counts for itself."""
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        for _ in range(2):  # nobody has it and it cannot be had, twice: the cache is away
            if cache.add(key, ticket, HELD_SECONDS):
                return True
            if cache.get(key) is not None:
                break
        else:
            return True
        if time.monotonic() > give_up:
            return False
        time.sleep(0.2)
