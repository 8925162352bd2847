"""Reminders of requests that are due soon or overdue."""

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from projects.requests import notices
from projects.requests.models import Request

logger = logging.getLogger(__name__)
DAYS_BEFORE = 2


def remind() -> None:
    """One notice before and one after the day, however often this runs; a request that cannot be told costs only itself."""
    today = timezone.localdate()
    rows = Request.objects.unfinished().filter(due_at__lte=today + timedelta(days=DAYS_BEFORE)).select_related("by", "project")
    for row in rows.iterator(chunk_size=500):
        try:
            notices.due(row, is_over=row.due_at is not None and row.due_at < today)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("nobody was reminded of request %s", row.pk)
