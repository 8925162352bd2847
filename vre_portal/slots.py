"""Slots: how many of one thing go on at the same time, in all processes of the portal together."""

import random
import secrets
import threading
import time
from collections import Counter

from django.core.cache import cache

HELD_SECONDS = 120  # after which a slot is free again whose process died
RENEW_SECONDS = 30
_lock = threading.Lock()
_taken: Counter[str] = Counter()  # in this process, which also counts while the cache is away


class NoSlot(Exception):
    """As many as may go on already; the attribute says of which name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Slot:
    """One of `most` slots of a name, until it is released; raises NoSlot where all are taken."""

    def __init__(self, name: str, most: int) -> None:
        self.name, self._most, self._ticket = name, most, secrets.token_hex(8)
        self._key, self._renewed, self._is_held = "", time.monotonic(), True
        with _lock:
            if _taken[name] >= most:
                raise NoSlot(name)
            _taken[name] += 1
        if not self._acquire_shared():
            self.release()
            raise NoSlot(name)

    def renew(self) -> None:
        """Keep it for longer; costs nothing most of the time."""
        if self._key and time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            cache.touch(self._key, HELD_SECONDS)

    def release(self) -> None:
        """Give it back; once is enough."""
        with _lock:
            if not self._is_held:
                return
            self._is_held = False
            _taken[self.name] -= 1
            if not _taken[self.name]:
                del _taken[self.name]
        if self._key and cache.get(self._key) == self._ticket:
            cache.delete(self._key)

    def _acquire_shared(self) -> bool:
        """A slot among all processes. While the cache is away each process counts for itself."""
        begin, is_away = random.randrange(self._most), True  # noqa: S311 -- so that few ask for the same one first
        for number in range(self._most):
            key = f"slot:{self.name}:{(begin + number) % self._most}"
            if cache.add(key, self._ticket, HELD_SECONDS):
                self._key = key
                return True
            is_away = is_away and cache.get(key) is None
        return is_away
