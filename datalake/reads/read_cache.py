"""The last good answers of the lakes in the portal's cache. While the cache is down nothing is stored, and no page fails."""

import logging
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from vre_portal import __version__

DAY = 24 * 3600
VERSION = f"{__version__}.6"  # of the shape of what is stored: an upgrade never reads what the old one wrote
logger = logging.getLogger(__name__)


def store(key: str, value: object) -> None:
    """Store a value for a day, with the time."""
    try:
        cache.set(f"{key}:{VERSION}", (timezone.now(), value), DAY)
    except Exception:  # noqa: BLE001 -- whatever cache is configured, without it the page is still right
        logger.warning("The cache did not take an answer of a Data Lake.")


def load(key: str) -> tuple[datetime, Any] | None:
    """When the value was stored, and the value; None where there is none, or no cache."""
    try:
        stored: tuple[datetime, Any] | None = cache.get(f"{key}:{VERSION}")
    except Exception:  # noqa: BLE001 -- whatever cache is configured, without it the page says what went wrong
        return None
    return stored
