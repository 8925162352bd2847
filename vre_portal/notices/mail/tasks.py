"""Celery tasks of notices by e-mail."""

from celery import shared_task

from vre_portal.jobs import sweep
from vre_portal.notices.mail import worker


@shared_task(name="notices_mail.send")
def send(pk: int) -> None:
    """Send what waits for one person and schedule."""
    worker.send(pk)


@shared_task(name="notices_mail.forget", ignore_result=True)
def forget() -> None:
    """Delete the record of old mails."""
    worker.forget()


sweep.add(send, worker.mailing)
