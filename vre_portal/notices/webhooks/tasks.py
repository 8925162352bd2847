"""Celery tasks of webhooks."""

from celery import shared_task

from vre_portal.jobs import sweep
from vre_portal.notices.webhooks import retention, worker


@shared_task(name="webhooks.send")
def send(pk: int) -> None:
    """Send what waits for one webhook; another message for the rest where its turn was too short."""
    if worker.send(pk):
        send.apply_async((pk,))


@shared_task(name="webhooks.forget", ignore_result=True)
def forget() -> None:
    """Delete old deliveries, and webhooks that were deleted."""
    retention.forget()


sweep.add(send, worker.runner)
