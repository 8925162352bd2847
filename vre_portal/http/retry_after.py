"""The header Retry-After (RFC 9110): seconds, or a date."""

import re
from email.utils import parsedate_to_datetime

from django.utils import timezone


def seconds_until_retry(header: str) -> float | None:
    """The seconds from now for which the sender of the header wants to be left alone; None where it says nothing valid."""
    if re.fullmatch("[0-9]+", header):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment, timezone.get_fixed_timezone(0))
    return max((moment - timezone.now()).total_seconds(), 0.0)
