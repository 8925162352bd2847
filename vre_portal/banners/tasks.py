"""What was dismissed is forgotten some time after the banner has ended."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from vre_portal.banners.models import Dismissal

KEEP_AFTER_END = timedelta(days=30)  # for as long may a banner be shown once more without bothering those who dismissed it


@shared_task(name="banners.forget")
def forget() -> None:
    """Delete what people dismissed of banners that ended long ago; the banners stay as a record."""
    Dismissal.objects.filter(banner__ends_at__lt=timezone.now() - KEEP_AFTER_END).delete()
