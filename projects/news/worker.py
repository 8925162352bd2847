"""What is done to news in the background."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from projects.news.models import NewsItem

KEPT_AFTER_DELETION = timedelta(days=30)


def forget_deleted() -> int:
    """Remove permanently what was deleted a month ago, with its pictures; how many items that were."""
    old = list(NewsItem.objects.filter(deleted_at__lt=timezone.now() - KEPT_AFTER_DELETION))
    for item in old:
        with transaction.atomic():
            if item.picture:
                transaction.on_commit(partial(item.picture.storage.delete, str(item.picture.name)), robust=True)
            item.delete()
    return len(old)
