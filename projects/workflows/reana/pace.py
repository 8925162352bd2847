"""How often a server is asked: one allowance for all processes of the portal, and the pauses that the server asks for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.cache import cache as shared
from django.utils.translation import gettext as _

from vre_portal import cache
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service

REQUESTS_PER_SECOND = 15  # a REANA as it is installed allows 20 to each address, which is all of the portal
LONGEST_WAIT = 30.0  # seconds that a call waits for its turn
LONGEST_PAUSE = 10.0  # seconds of a pause that is waited for here; a longer one is left to whoever calls
TRIES = 6


def wait_for_turn(server: Service) -> None:
    """Return when the portal may ask again; raises RemoteUnavailable where that takes too long. Without Redis nobody waits."""
    allowed = int(server.options.get("requests_per_second", REQUESTS_PER_SECOND))
    end = time.monotonic() + LONGEST_WAIT
    while wait := _seconds_until_free(server, allowed):
        if time.monotonic() + wait > end:
            raise RemoteUnavailable(_("%(server)s receives too many requests at the moment.") % {"server": server.title}, service=server)
        time.sleep(wait)


def _seconds_until_free(server: Service, allowed: int) -> float:
    paused: float = shared.get(_pause_key(server), 0.0) - time.time()
    if paused > 0:
        return paused
    return (cache.acquire_slots({f"reana-requests:{server.url}": allowed}, 1) or 0.0) if allowed else 0.0


def _pause_key(server: Service) -> str:
    return f"reana-pause:{server.url}"


@contextmanager
def waited(server: Service) -> Iterator[None]:
    """Wait for a turn; a pause that the server asks for in the block holds for all processes."""
    wait_for_turn(server)
    try:
        yield
    except RemoteUnavailable as error:
        if error.retry_after is not None:
            seconds = min(max(error.retry_after, 0.2), LONGEST_PAUSE)
            shared.set(_pause_key(server), time.time() + seconds, seconds + 1)
        raise


def patiently[Answer](call: Callable[[], Answer]) -> Answer:
    """Call again after each pause that the server asks for (429), at most so often; the waiting itself is `wait_for_turn`'s."""
    for attempt in range(1, TRIES + 1):
        try:
            return call()
        except RemoteUnavailable as error:
            if error.retry_after is None or error.retry_after > LONGEST_PAUSE or attempt == TRIES:
                raise
            time.sleep(max(error.retry_after, 0.2))
    raise AssertionError("unreachable")
