"""Which runs are being looked at, and what has been failing for how long. Kept in the cache; without it, updates only come later."""

import logging
import time
from collections.abc import Collection

from django.core.cache import cache

from projects.workflows.models import Run
from projects.workflows.page_topics import topic_of
from vre_portal import events

logger = logging.getLogger(__name__)
WATCHED_SECONDS = 20  # how long after a look at a run's page its logs are fetched closely
REMEMBERED = 3600
FIRST_REST, LONGEST_REST = 2.0, 15.0  # seconds until a server is asked again about runs that do not change and that nobody looks at


def watch(run: Run) -> None:
    """Mark the run as looked at for WATCHED_SECONDS, so that its server is asked at the next sweep; nothing happens where the cache is away."""
    try:
        cache.set(_watched_key(run.pk), True, WATCHED_SECONDS)
        cache.delete(_rest_key(run.by_id, run.server))
    except Exception:  # noqa: BLE001 -- the page itself is right without
        logger.warning("the cache is away; the logs of run %s come more slowly", run.pk)


def watched(runs: Collection[Run]) -> set[int]:
    """Those of the runs whose page is open, or was opened within WATCHED_SECONDS, by their keys; two questions for all."""
    marked = cache.get_many([_watched_key(run.pk) for run in runs])
    are_open = events.are_open(topic_of(run.pk) for run in runs)
    return {run.pk for run in runs if _watched_key(run.pk) in marked or topic_of(run.pk) in are_open}


def rest(user: int, server: str) -> None:
    """Nothing has changed for somebody at a server, and nobody looks: it is asked again after twice the last pause."""
    _until, seconds = cache.get(_rest_key(user, server)) or (0.0, FIRST_REST / 2)
    seconds = min(2 * seconds, LONGEST_REST)
    cache.set(_rest_key(user, server), (time.time() + seconds, seconds), 4 * LONGEST_REST)


def end_rest(user: int, server: str) -> None:
    """Something has changed, or somebody looks: the server is asked at the next sweep."""
    cache.delete(_rest_key(user, server))


def without_resting(pairs: Collection[tuple[int, str]]) -> list[tuple[int, str]]:
    """Those of the people and servers that are to be asked about now."""
    rests = cache.get_many([_rest_key(*pair) for pair in pairs])
    return [pair for pair in pairs if rests.get(_rest_key(*pair), (0.0,))[0] <= time.time()]


def has_patience(what: str, run: Run, seconds: float) -> bool:
    """Whether something that fails time and again may still be waited for."""
    first = cache.get_or_set(f"failing-{what}-{run.pk}", time.time(), REMEMBERED) or time.time()
    return time.time() - first < seconds


def end_patience(what: str, run: Run) -> None:
    """It went well, or is not tried again: the next failure is the first one."""
    cache.delete(f"failing-{what}-{run.pk}")


def _watched_key(run: int) -> str:
    return f"watched-run-{run}"


def _rest_key(user: int, server: str) -> str:
    return f"follow-rest-{user}-{server}"
