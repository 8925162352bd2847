"""Which notices are deleted, so that no table grows without an end: old ones, and those beyond the limit of a person."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from vre_portal.notices import bell
from vre_portal.notices.models import Event, EventAudience, Notice

UNDO_PERIOD = timedelta(days=1)
BATCH = 5_000


def forget() -> int:
    """Delete what is too old or too much; how many notices that were. An event is kept for its whole time, so that it is reported once."""
    now = timezone.now()
    read = Q(read_at__lt=now - timedelta(days=settings.NOTICE_DAYS))
    old = now - timedelta(days=settings.NOTICE_MAX_DAYS)
    count = _delete(read | Q(at__lt=old) | Q(deleted_at__lt=now - UNDO_PERIOD))
    numbers = Notice.objects.order_by().values_list("user").annotate(number=Count("pk"))
    for user, _ in numbers.filter(number__gt=settings.MAX_NOTICES):
        newest = Notice.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)
        if beyond := newest[settings.MAX_NOTICES : settings.MAX_NOTICES + 1]:
            count += _delete(Q(user=user, pk__lte=beyond[0]))
    told = Notice.objects.filter(event=OuterRef("pk"))
    Event.objects.filter(~Exists(told), at__lt=old).delete()
    _forget_audiences()
    return count


@transaction.atomic
def _forget_audiences() -> None:
    """Those of no event; one that somebody is about to use is locked by them, and is looked at once more when it is ours."""
    events, notices = (model.objects.filter(audience=OuterRef("pk")) for model in (Event, Notice))
    unused = EventAudience.objects.filter(~Exists(events), ~Exists(notices))
    ours = list(unused.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True))
    unused.filter(pk__in=ours).delete()


def _delete(which: Q) -> int:
    """In parts, so that nobody waits for long."""
    count = 0
    while numbers := list(Notice.objects.filter(which).order_by().values_list("pk", "user_id")[:BATCH]):
        Notice.objects.filter(pk__in=[pk for pk, _ in numbers]).delete()
        bell.changed(user for _, user in numbers)
        count += len(numbers)
    return count
