"""What every page knows: its colour scheme, who runs the portal, and whether this is a demonstration."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from vre_portal import request_id

THEMES = ("auto", "light", "dark")


def theme(request: HttpRequest) -> dict[str, Any]:
    """theme (auto, light, dark), demo (text or empty), site (name, tagline, operator, links), request_id (for support), event_stream (address)."""
    chosen = request.COOKIES.get("theme", "auto")
    return {
        "theme": chosen if chosen in THEMES else "auto",
        "demo": getattr(settings, "DEMO_NOTICE", ""),
        "site": getattr(settings, "SITE", {}),
        "request_id": request_id.current(),
        "event_stream": {"url": getattr(settings, "EVENTS_URL", "")},
    }
