"""Addresses under /api/: those of the API object, each without a session, and JSON for all others."""

from collections.abc import Iterator

from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from vre_portal.api.routes import api
from vre_portal.api.views import for_programs, unknown

app_name = "api"


def patterns() -> Iterator[URLPattern]:
    """ninja's addresses, the first of each name: it adds one of its own for the root, which has a page here."""
    names: set[str] = set()
    for item in api.urls[0]:
        if isinstance(item, URLPattern) and item.name not in names:
            view = require_safe(item.callback) if item.name == "openapi-json" else item.callback
            item.callback = for_programs(view)
            names.add(str(item.name))
            yield item


urlpatterns = [*patterns(), path("<path:rest>", unknown, name="unknown")]
