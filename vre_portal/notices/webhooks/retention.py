"""How long deliveries are kept."""

from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from vre_portal.notices.webhooks.models import Delivery, Webhook

KEPT_FOR = timedelta(days=30)
MAX_DELIVERIES = 10_000  # of one webhook
UNDO_FOR = timedelta(days=1)  # after which a deleted webhook is gone


def forget() -> None:
    """Delete what is older than 30 days, the oldest of more than 10,000 deliveries, and webhooks that were deleted a day ago."""
    Webhook.objects.filter(deleted_at__lt=timezone.now() - UNDO_FOR).delete()
    Delivery.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    crowded = Delivery.objects.order_by().values("webhook").annotate(count=Count("pk")).filter(count__gt=MAX_DELIVERIES)
    for webhook in crowded.values_list("webhook", flat=True):
        own = Delivery.objects.filter(webhook=webhook).order_by("-pk")
        first_beyond = own.values_list("pk", flat=True)[MAX_DELIVERIES]
        own.filter(pk__lte=first_beyond).delete()
