"""Webhooks and deliveries as `?format=json` and `csv` give them."""

from typing import Any

from vre_portal.notices.webhooks.models import Delivery, Webhook


def webhook_row(webhook: Webhook) -> dict[str, Any]:
    """A webhook without its secrets."""
    return {
        "id": webhook.pk,
        "title": webhook.title,
        "url": webhook.url,
        "state": webhook.state,
        "off_reason": webhook.off_reason or None,
        "format": webhook.message_format,
        "kinds": webhook.kinds,
        "failures": webhook.failures,
        "failing_since": webhook.failing_since,
        "last_success": webhook.succeeded_at,
        "next_attempt": webhook.next_attempt,
        "created": webhook.created_at,
    }


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """A delivery with its last attempt."""
    last = delivery.last
    return {
        "id": delivery.pk,
        "message_id": delivery.message_id,
        "type": delivery.kind,
        "title": delivery.title,
        "state": delivery.state,
        "reason": delivery.reason,
        "attempts": delivery.attempts,
        "next_attempt": delivery.next_attempt_at if delivery.state == Delivery.State.WAITING else None,
        "created": delivery.created_at,
        "last_attempt": last.get("at"),
        "status": last.get("status"),
        "seconds": last.get("seconds"),
    }
