"""The portal's short memory, which may be away: then nothing is remembered, and no page fails for it."""

import logging
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from vre_portal import __version__

DAY = 24 * 3600
VERSION = f"{__version__}.5"  # another shape of what is kept is another memory: an upgrade never reads what the old one wrote
logger = logging.getLogger(__name__)


def remember(key: str, value: object) -> None:
    """Keep a value for a day, with the time."""
    try:
        cache.set(f"{key}:{VERSION}", (timezone.now(), value), DAY)
    except Exception:  # noqa: BLE001 -- whatever cache is configured, without it the page is still right
        logger.warning("The cache did not take an answer of a Data Lake.")


def recall(key: str) -> tuple[datetime, Any] | None:
    """The value and since when it is known."""
    try:
        found: tuple[datetime, Any] | None = cache.get(f"{key}:{VERSION}")
    except Exception:  # noqa: BLE001 -- whatever cache is configured, without it the page says what went wrong
        return None
    return found
