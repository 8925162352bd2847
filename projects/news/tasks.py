"""The celery tasks of news."""

from celery import shared_task

from projects.news import announcing, worker


@shared_task(name="news.forget", ignore_result=True)
def forget() -> None:
    """Remove what was deleted a month ago."""
    worker.forget_deleted()


@shared_task(name="news.announce", ignore_result=True)
def announce() -> None:
    """Report news whose moment has come."""
    announcing.announce_due()
