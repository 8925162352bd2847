"""Rate limits per minute and client, and the headers that Zenodo sends with them."""

import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

WINDOW = 60


def per_minute(name: str) -> int:
    """`guest` (everything) or `search` (searches, community records, OAI-PMH); tests set them by environment."""
    defaults = {"guest": "133", "search": "30"}
    return int(os.environ.get(f"RECORDS_RATE_{name.upper()}", defaults[name]))


@dataclass(frozen=True)
class Allowance:
    """How one client stands in one window."""

    limit: int
    used: int
    reset: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        # Retry-After stands on every reply, on 200 too, as it does at Zenodo.
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": str(self.reset),
            "Retry-After": str(max(1, self.reset - int(time.time()))),
        }


_lock = threading.Lock()
_used: dict[tuple[str, str, int], int] = defaultdict(int)


def take(name: str, client: str) -> Allowance:
    """Count one request of `client`."""
    window = int(time.time()) // WINDOW
    with _lock:
        for old in [key for key in _used if key[2] < window]:
            del _used[old]
        _used[name, client, window] += 1
        used = _used[name, client, window]
    return Allowance(per_minute(name), used, (window + 1) * WINDOW)
