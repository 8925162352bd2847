"""Forgetting what was kept."""

from celery import shared_task

from vre_portal.kept.models import Kept


@shared_task(name="kept.forget", ignore_result=True)
def forget() -> None:
    """Delete what nobody came back for."""
    Kept.objects.over().delete()
