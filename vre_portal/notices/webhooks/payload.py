"""What is sent of an event: the same bytes at each attempt."""

import json
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.utils.translation import gettext as _

from vre_portal.notices.webhooks import chat
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.notices.webhooks.owners import Owner

MAX_TEXT = 10_000  # characters


def body_of(delivery: Delivery, owner: Owner) -> bytes:
    """The message of a delivery as JSON."""
    return json.dumps(content_of(delivery, owner), ensure_ascii=False, separators=(",", ":")).encode()


def content_of(delivery: Delivery, owner: Owner) -> dict[str, Any]:
    """Kind, time, and what happened, or the same in words for a chat, which refuses a message with a `type` that it does not know."""
    content = _event_of(delivery, owner)
    if delivery.webhook.message_format == Webhook.Format.CHAT:
        data = content["data"]
        return {"text": chat.message(data["title"], data["text"], data["url"])}
    return content


def _event_of(delivery: Delivery, owner: Owner) -> dict[str, Any]:
    """As Standard Webhooks proposes; what a kind adds never replaces the portal's own words."""
    event = delivery.event
    if event is None:
        text = _("This is a test. If you can read it, your receiver works.")
        data = {"title": _("Test event"), "text": text, "url": _absolute(owner.url), **owner.facts}
        return {"type": delivery.kind, "timestamp": delivery.created_at.isoformat(), "data": data}
    own = {"title": event.title, "text": event.text[:MAX_TEXT], "url": _absolute(event.url)}
    return {"type": event.kind, "timestamp": event.at.isoformat(), "data": {**event.data, **own, **owner.facts}}


def _absolute(path: str) -> str:
    return urljoin(f"{settings.PORTAL_URL}/", path)
