"""What is done to baskets in the background."""

from django.db.models import Q
from django.utils import timezone

from projects.baskets.models import UNDO_WITHIN, Basket, BasketItem


def forget_removed() -> int:
    """Delete what was removed so long ago that it can no longer be put back; how many rows that were."""
    since = timezone.now() - UNDO_WITHIN
    items, _kinds = BasketItem.objects.filter(Q(removed_at__lt=since) | Q(basket__deleted_at__lt=since)).delete()
    baskets, _kinds = Basket.objects.filter(deleted_at__lt=since).delete()
    return items + baskets
