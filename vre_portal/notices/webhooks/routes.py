"""The addresses of webhooks below a place, and the views behind them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vre_portal.limits import ACT, rate_limited
from vre_portal.notices.webhooks import delivery_pages, pages
from vre_portal.notices.webhooks.places import Place

type PlaceFor = Callable[..., Place]
form = require_http_methods(["GET", "HEAD", "POST"])


def patterns(place_for: PlaceFor) -> list[URLPattern]:
    """The routes of a place; `place_for(request, **kwargs)` takes what its own part of the address names, and raises 404 or 403."""

    def at(route: str, page: Callable[..., HttpResponse], name: str, allowed: Callable[..., Any]) -> URLPattern:
        def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            numbers = {key: kwargs.pop(key) for key in ("pk", "number") if key in kwargs}
            return page(request, place_for(request, **kwargs), **numbers)

        return path(route, rate_limited(ACT)(never_cache(allowed(view))), name=name)

    return [
        at("", pages.index, "index", require_safe),
        at("new/", pages.new, "new", form),
        at("<int:pk>/", pages.show, "show", require_safe),
        at("<int:pk>/edit/", pages.edit, "edit", form),
        at("<int:pk>/secret/", pages.secret, "secret", require_POST),
        at("<int:pk>/test/", delivery_pages.test, "test", require_POST),
        at("<int:pk>/switch/", pages.switch, "switch", require_POST),
        at("<int:pk>/delete/", pages.delete, "delete", require_POST),
        at("<int:pk>/restore/", pages.restore, "restore", require_POST),
        at("<int:pk>/again/", delivery_pages.again, "again", require_POST),
        at("<int:pk>/deliveries/<int:number>/", delivery_pages.delivery, "delivery", require_safe),
        at("<int:pk>/deliveries/<int:number>/again/", delivery_pages.delivery_again, "delivery-again", require_POST),
    ]
