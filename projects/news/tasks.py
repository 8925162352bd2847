"""The celery task of news."""

from celery import shared_task

from projects.news import worker


@shared_task(name="news.forget", ignore_result=True)
def forget() -> None:
    """Remove what was deleted a month ago."""
    worker.forget_deleted()
