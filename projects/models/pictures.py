"""Which pictures may stand in a project's texts: its own, by their addresses in this portal."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve, reverse

VIEWS = frozenset({"projects:picture", "workflows:file", "workflows:file-by-name", "workflows:file-thumbnail"})


def own_picture(slug: str, address: str) -> str:
    """The address of the project's own picture that is meant, which may be written from the project's page on; empty where it is another."""
    try:
        parts = urlsplit(urljoin(reverse("projects:detail", args=[slug]), address))
        if f"{parts.scheme}://{parts.netloc}" not in ("://", settings.PORTAL_URL.rstrip("/")):
            return ""
        match = resolve(parts.path)
    except (ValueError, Resolver404):
        return ""
    return parts.path if match.view_name in VIEWS and match.kwargs.get("slug") == slug else ""
