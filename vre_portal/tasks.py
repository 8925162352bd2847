"""The floor's own periodic task."""

from celery import shared_task

from vre_portal import health


@shared_task(name="portal.check_services")
def check_services() -> None:
    """Look at every configured service."""
    health.check_all()
