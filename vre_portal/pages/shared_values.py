"""Figures that are the same for everybody: computed once in each process for each version of what they are made of."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vre_portal.pages import lifetime
from vre_portal.pages.parts import part_version


@dataclass(frozen=True)
class _Kept[T]:
    version: tuple[Any, ...]
    until: float
    value: T


class SharedValue[T]:
    """The result of a function that reads nothing but rows of these topics, the settings and the clock (by `expires_in`)."""

    def __init__(self, compute: Callable[[], T], *topics: str) -> None:
        self._compute, self._topics = compute, topics
        self._kept: _Kept[T] | None = None

    def __call__(self) -> T:
        """The value as it is now; from memory where nothing that it is made of has changed."""
        version = part_version(*self._topics).fragment_key()  # before anything is read: what changes meanwhile makes it old
        kept = self._kept
        if kept is not None and kept.version == version and time.time() < kept.until:
            lifetime.ends_at(kept.until)
            return kept.value
        with lifetime.measured() as measured:
            value = self._compute()
        self._kept = _Kept(version, measured.until, value)
        return value
