"""Celery's application for a worker in which one launch kills the process (SIGKILL), as a library or the kernel may."""

import os
import signal
import time

import django
from celery.signals import worker_ready

django.setup()

from catalog.software import tasks as software  # noqa: E402
from datalake.index import tasks as index  # noqa: E402
from projects.workflows import worker  # noqa: E402
from projects.workflows.models import Run  # noqa: E402
from vre_portal.celery import app  # noqa: E402

# Only the sweep of jobs, often, and nothing that begins by itself.
app.conf.beat_schedule = {"jobs": {"task": "jobs.sweep", "schedule": 0.3, "options": {"expires": 1.0}}}
for begins in (software.harvest_at_start, index.fill_at_start):
    worker_ready.disconnect(begins)


def bring(run: Run) -> None:
    """Takes longer than the deadly one, so that whoever is at work beside it is interrupted, too."""
    if run.parameters.get("deadly"):
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(1.5)
    run.started()


worker._bring = bring
