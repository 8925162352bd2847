"""What every page knows: its colour scheme, who runs the portal, and whether this is a demonstration."""

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from vre_portal import request_id

PAGE_SECONDS = 30  # that making a page may take: events since then are told to it
THEMES = ("auto", "light", "dark")


def theme(request: HttpRequest) -> dict[str, Any]:
    """theme (auto, light, dark), demo (text or empty), site (name, tagline, operator, links), request_id (for support), event_stream (address, and from where on it is told)."""
    chosen = request.COOKIES.get("theme", "auto")
    return {
        "theme": chosen if chosen in THEMES else "auto",
        "demo": getattr(settings, "DEMO_NOTICE", ""),
        "site": getattr(settings, "SITE", {}),
        "request_id": request_id.current(),
        "event_stream": {"url": getattr(settings, "EVENTS_URL", ""), "since": f"{int((time.time() - PAGE_SECONDS) * 1000)}-0"},
    }
