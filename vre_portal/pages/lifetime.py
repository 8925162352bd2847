"""How long a page stays true by the clock alone: "3 min ago" for less than a minute, a list until the next embargo ends."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Lifetime:
    """Until when what is being rendered is true, in seconds since 1970."""

    until: float = float("inf")


_current: ContextVar[Lifetime | None] = ContextVar("page_lifetime", default=None)


@contextmanager
def measured() -> Iterator[Lifetime]:
    """The lifetime of what is rendered in the block; what it is a part of lives no longer."""
    lifetime = Lifetime()
    token = _current.set(lifetime)
    try:
        yield lifetime
    finally:
        _current.reset(token)
        ends_at(lifetime.until)


def is_measured() -> bool:
    """Whether what is being rendered may be kept."""
    return _current.get() is not None


def expires_in(seconds: float) -> None:
    """What is being rendered is true for so many seconds and no longer; 0 where it is for this request alone."""
    ends_at(time.time() + seconds)


def expires_at(moment: datetime) -> None:
    """The same until a moment."""
    ends_at(moment.timestamp())


def ends_at(moment: float) -> None:
    """The same until a moment, in seconds since 1970."""
    lifetime = _current.get()
    if lifetime is not None:
        lifetime.until = min(lifetime.until, moment)
