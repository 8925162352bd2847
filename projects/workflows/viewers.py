"""Which runs are being looked at, and what has been failing for how long. Kept in the cache; without it, updates only come later."""

import logging
import time

from django.core.cache import cache

from projects.workflows.models import Run

logger = logging.getLogger(__name__)
WATCHED_SECONDS = 20  # how long after a look at a run's page its logs are fetched closely
REMEMBERED = 3600


def watch(run: Run) -> None:
    """Mark the run as looked at for WATCHED_SECONDS; nothing happens where the cache is away."""
    try:
        cache.set(f"watched-run-{run.pk}", True, WATCHED_SECONDS)
    except Exception:  # noqa: BLE001 -- the page itself is right without
        logger.warning("the cache is away; the logs of run %s come more slowly", run.pk)


def is_watched(run: Run) -> bool:
    """Whether the run's page was opened within WATCHED_SECONDS."""
    return bool(cache.get(f"watched-run-{run.pk}"))


def has_patience(what: str, run: Run, seconds: float) -> bool:
    """Whether something that fails time and again may still be waited for."""
    first = cache.get_or_set(f"failing-{what}-{run.pk}", time.time(), REMEMBERED) or time.time()
    return time.time() - first < seconds
