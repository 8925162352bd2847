"""The floor's own periodic tasks."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from vre_portal import health, incidents, isolation_status
from vre_portal.confinement import scratch
from vre_portal.jobs import sweep


@shared_task(name="jobs.sweep")
def sweep_jobs() -> None:
    """Hand out the jobs of all applications that wait and that nobody has in hand."""
    sweep.sweep()


@shared_task(name="portal.check_services")
def check_services() -> None:
    """Look at every configured service and at what this worker can isolate, and report outages."""
    health.check_all()
    isolation_status.check()
    scratch.remove_orphans()
    incidents.look()


@worker_ready.connect
def check_at_start(**_: Any) -> None:
    """A portal that starts knows how its services are without waiting for the first scheduled check."""
    check_services.delay()
