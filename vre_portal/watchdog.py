"""End a Celery worker that has stopped consuming, so that the process manager starts a fresh one.

After Redis was away a worker may reconnect and yet receive nothing more, without a word (celery issues 8030, 8091, 8990, 9054; seen here
with Celery 5.7 and redis-py 8). Every task here may run twice, so ending the process loses nothing.
"""

import logging
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import task_revoked, worker_ready
from celery.worker import state

LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 15.0  # of rest: time in which its main thread, which receives, neither ran nor waited for a processor
LONGEST_SECONDS = 300.0  # by the clock, however busy it seems
EXIT_CODE = 70  # EX_SOFTWARE
logger = logging.getLogger(__name__)
_discarded: Counter[str] = Counter()  # by this process, because they had expired: celery counts only what it accepts


@task_revoked.connect
def count_discarded(**_: Any) -> None:
    """A worker that clears away messages of yesterday is not stuck."""
    _discarded["expired"] += 1


def busy_seconds() -> float:
    """How long the main thread has been running or waiting for a processor; 0 where the system does not tell (proc(5), schedstat)."""
    try:
        ran, waited, _slices = Path(f"/proc/self/task/{os.getpid()}/schedstat").read_text().split()
        return (int(ran) + int(waited)) / 1e9
    except (OSError, ValueError):
        return 0.0


class Watch:
    """Whether messages wait while this worker has room for them and receives none."""

    def __init__(self, app: Celery, room: int) -> None:
        self.app, self.room = app, room
        self.received = -1
        self.since, self.busy_then = time.monotonic(), busy_seconds()

    def is_stuck(self) -> bool:
        """Look once; True when nothing has moved for PATIENCE_SECONDS although it should. On a loaded machine a worker is slow, not stuck."""
        received = sum(state.total_count.values()) + _discarded.total()
        moved = received != self.received or len(state.active_requests) >= self.room or not self.waiting()
        if moved:
            self.received, self.since, self.busy_then = received, time.monotonic(), busy_seconds()
        passed = time.monotonic() - self.since
        return passed - (busy_seconds() - self.busy_then) > PATIENCE_SECONDS or passed > LONGEST_SECONDS

    def waiting(self) -> bool:
        """Whether the queue holds messages; no when the broker cannot be asked, for then there is nothing to receive."""
        try:
            with self.app.connection_for_read() as connection:
                channel: Any = connection.default_channel  # of the Redis transport, which celery-types does not know
                return bool(channel.client.llen(self.app.conf.task_default_queue))
        except Exception:  # noqa: BLE001 -- whatever the transport raises, it is the broker that is away
            return False


def keep_watch(watch: Watch) -> None:
    """Look until the worker is stuck, then end the process at once: a stuck consumer does not hear a polite request."""
    while not watch.is_stuck():
        time.sleep(LOOK_SECONDS)
    logger.critical("messages wait and this worker receives none: it ends, to be started anew")
    os._exit(EXIT_CODE)


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """A thread beside the worker, once it consumes."""
    watch = Watch(sender.app, room=sender.controller.concurrency)
    threading.Thread(target=keep_watch, args=(watch,), name="watchdog", daemon=True).start()
