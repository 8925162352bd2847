"""Work of which one run goes on at a time for each of some things, such as a harvest of a source."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone


def only_run[Row: models.Model](
    rows: models.QuerySet[Row], about: Mapping[str, Any], *, silent: timedelta, give_up: Callable[[Row], None], **facts: Any
) -> Row | None:
    """Begin the one run of something, whose model allows one row "running" of it; None while another is at work.

    One that has said nothing for so long was killed, and is given up first.
    """
    with transaction.atomic():
        for old in rows.select_for_update().filter(**about, state="running", heard_at__lt=timezone.now() - silent):
            give_up(old)
    row, made = rows.get_or_create(**about, state="running", defaults=facts)
    return row if made else None
