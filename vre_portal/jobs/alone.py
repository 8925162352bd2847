"""Jobs that were interrupted time and again run one at a time, so that one which kills its process takes no other such job along.

A worker's threads share a process: when one job kills it, its neighbours are interrupted, too, and their claims are counted. Without this
they would be given up together with the culprit.
"""

import math
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.cache import cache

SUSPECT_AFTER = 2  # claims without a word: one restart of the workers makes nobody a suspect
KEY = "jobs-suspect"


class SuspectSlot:
    """The one place for suspects. It lives in the cache and is free again soon after its holder's process has died."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex

    def renew(self) -> bool:
        """Go on holding it, where it is held; always True, for nothing depends on it."""
        if cache.get(KEY) == self.mark:
            cache.set(KEY, self.mark, _seconds())
        return True


@contextmanager
def place(claims: int) -> Iterator[SuspectSlot | None]:
    """The place of a job that was claimed so often without a word; None where it is a suspect and another one is at work."""
    own, suspect = SuspectSlot(), claims > SUSPECT_AFTER
    # A cache that is away gives no place and knows of no holder: the job is done all the same, or it would wait without a word.
    if suspect and not cache.add(KEY, own.mark, _seconds()) and cache.get(KEY) is not None:
        yield None
        return
    try:
        yield own
    finally:
        if suspect and cache.get(KEY) == own.mark:
            cache.delete(KEY)


def _seconds() -> int:
    return math.ceil(float(settings.LEASE_SECONDS))
