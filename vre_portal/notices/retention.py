"""Which notices are deleted, so that no table grows without an end: old ones, and those beyond the limit of a person."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from vre_portal.notices import bell
from vre_portal.notices.models import Event, EventAudience, Notice

UNDO_PERIOD = timedelta(days=1)
BATCH = 5_000
BEYOND = """
DELETE FROM notices_notice WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY user_id ORDER BY id DESC) AS place FROM notices_notice
                    WHERE user_id IN (SELECT user_id FROM notices_notice GROUP BY user_id HAVING count(*) > %(most)s)) AS numbered
    WHERE place > %(most)s) RETURNING user_id
"""


def forget() -> int:
    """Delete what is too old or too much; how many notices that were. An event is kept for its whole time, so that it is reported once."""
    now = timezone.now()
    read = Q(read_at__lt=now - timedelta(days=settings.NOTICE_DAYS))
    old = now - timedelta(days=settings.NOTICE_MAX_DAYS)
    count = _delete(read | Q(at__lt=old) | Q(deleted_at__lt=now - UNDO_PERIOD))
    with connection.cursor() as cursor:
        cursor.execute(BEYOND, {"most": settings.MAX_NOTICES})
        beyond = [row[0] for row in cursor.fetchall()]
    bell.changed(beyond)
    told = Notice.objects.filter(event=OuterRef("pk"))
    Event.objects.filter(~Exists(told), at__lt=old).delete()
    used = Event.objects.filter(audience=OuterRef("pk"))
    notices = Notice.objects.filter(audience=OuterRef("pk"))
    EventAudience.objects.filter(~Exists(used), ~Exists(notices)).delete()
    return count + len(beyond)


def _delete(which: Q) -> int:
    """In parts, so that nobody waits for long."""
    count = 0
    while numbers := list(Notice.objects.filter(which).order_by().values_list("pk", "user_id")[:BATCH]):
        Notice.objects.filter(pk__in=[pk for pk, _ in numbers]).delete()
        bell.changed(user for _, user in numbers)
        count += len(numbers)
    return count
