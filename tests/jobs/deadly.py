"""A worker of several threads in which one launch kills the process (SIGKILL), as a library or the kernel may; and its keeper.

Run as a program: starts worker after worker until nothing waits, and prints how many were killed.
"""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import django
from django.db import connection

django.setup()

from projects.workflows import worker  # noqa: E402
from projects.workflows.models import Run  # noqa: E402


def bring(run: Run) -> None:
    """Takes longer than the deadly one, so that whoever is at work beside it is interrupted, too."""
    if run.parameters.get("deadly"):
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(1.5)
    run.started()


def perform(pk: int) -> None:
    try:
        worker.launches.perform(pk)
    finally:
        connection.close()


def work() -> None:
    """What Celery's threads and the sweep do, until nothing is left."""
    with ThreadPoolExecutor(4) as pool:
        while Run.objects.filter(status__in=Run.UNSUBMITTED).exists():
            for pk in worker.launches.waiting():
                pool.submit(perform, pk)
            time.sleep(0.3)


def keep() -> int:
    """How many workers were killed."""
    killed = 0
    while True:
        if (child := os.fork()) == 0:
            work()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            return killed
        killed += 1


if __name__ == "__main__":
    worker._bring = bring
    print(keep())
