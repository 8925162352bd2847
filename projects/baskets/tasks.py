"""The celery task of baskets."""

from celery import shared_task

from projects.baskets import worker


@shared_task(name="baskets.forget", ignore_result=True)
def forget() -> None:
    """Delete what can no longer be put back."""
    worker.forget_removed()
