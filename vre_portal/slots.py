"""Slots: how many of one thing go on at the same time, in all processes of the portal together or in this one."""

import random
import secrets
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

from django.core.cache import cache

HELD_SECONDS = 120  # after which a slot is free again whose process died
RENEW_SECONDS = 30
LOOK_SECONDS = 0.2  # between two looks at slots that other processes hold
_changed = threading.Condition()
_taken: Counter[str] = Counter()  # in this process, which also counts while the cache is away
_waiting: Counter[str] = Counter()


class NoSlot(Exception):
    """As many as may go on already; the attribute says of which name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Slot:
    """One of `limit` slots of a name, until it is released or its `with` block ends.

    Raises NoSlot where all stay taken for `wait_seconds`, or where `max_waiting` others of this process wait already. Slots that are not
    `shared` are counted in this process alone.
    """

    def __init__(
        self,
        name: str,
        limit: int,
        *,
        wait_seconds: float = 0,
        max_waiting: int | None = None,
        held_seconds: int = HELD_SECONDS,
        shared: bool = True,
    ) -> None:
        self.name, self._limit, self._held_seconds, self._ticket = name, limit, held_seconds, secrets.token_hex(8)
        self._key, self._renewed, self._is_held = "", time.monotonic(), True
        give_up = time.monotonic() + wait_seconds
        with _changed:
            if _taken[name] >= limit and not self._wait_here(give_up, max_waiting):
                raise NoSlot(name)
            _taken[name] += 1
        try:
            if shared and not self._acquire_shared(give_up):
                raise NoSlot(name)
        except BaseException:
            self.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

    def renew(self) -> None:
        """Keep it for longer; costs nothing most of the time."""
        if self._key and time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            cache.touch(self._key, self._held_seconds)

    def release(self) -> None:
        """Give it back; nothing happens the second time."""
        with _changed:
            if not self._is_held:
                return
            self._is_held = False
        if self._key and cache.get(self._key) == self._ticket:
            cache.delete(self._key)
        with _changed:
            _taken[self.name] -= 1
            if _taken[self.name] <= 0:
                del _taken[self.name]
            _changed.notify_all()

    def _wait_here(self, give_up: float, max_waiting: int | None) -> bool:
        """Whether one of this process has become free in time, with `_changed` held; False at once where enough others wait."""
        if time.monotonic() >= give_up or (max_waiting is not None and _waiting[self.name] >= max_waiting):
            return False
        _waiting[self.name] += 1
        try:
            return _changed.wait_for(lambda: _taken[self.name] < self._limit, give_up - time.monotonic())
        finally:
            _waiting[self.name] -= 1
            if not _waiting[self.name]:
                del _waiting[self.name]

    def _acquire_shared(self, give_up: float) -> bool:
        """A slot among all processes. While the cache is away each process counts for itself."""
        while True:
            # One that cannot be had and that nobody has, twice: the cache is away. Once may be one that was given back in between.
            if self._take_free() or (self._is_cache_away() and (self._take_free() or self._is_cache_away())):
                return True
            if time.monotonic() > give_up:
                return False
            time.sleep(LOOK_SECONDS)

    def _take_free(self) -> bool:
        begin = random.randrange(self._limit)  # noqa: S311 -- so that few ask for the same one first
        for number in range(self._limit):
            key = f"slot:{self.name}:{(begin + number) % self._limit}"
            if cache.add(key, self._ticket, self._held_seconds):
                self._key = key
                return True
        return False

    def _is_cache_away(self) -> bool:
        """Whether the cache shows no slot as taken; asked where none could be acquired, so that it means that the cache is away."""
        return not any(cache.get(f"slot:{self.name}:{number}") for number in range(self._limit))
