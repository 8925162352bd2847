"""How a view says that its page is the same for all visitors, and what it shows."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vre_portal.pages import frame, lifetime, versions

View = Callable[..., HttpResponseBase]


def public_page(*topics: str, until: Callable[[], datetime | None] | None = None) -> Callable[[View], View]:
    """For views whose page, asked for by somebody without a session, is made of these topics, the address and the settings alone.

    It may be kept until one of the topics has a new version, `expires_in` has passed or the moment that `until` gives has come. Whatever a page reads from the database belongs to
    a topic that is watched; what comes from a service or a file does not fit, unless `expires_in` says how old it may be.
    """
    named = tuple(topic.encode() for topic in topics)

    def decorate(view: View) -> View:
        @wraps(view)
        def rendered(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            if not getattr(request, "may_keep_page", False):
                return view(request, *args, **options)
            before = versions.read()  # before the page reads anything: what changes meanwhile makes it old at once
            with lifetime.measured() as measured:
                if until and (moment := until()):  # asked first, too: a moment that comes meanwhile is in the page, or ends it
                    lifetime.ends_at(moment.timestamp())
                response = view(request, *args, **options)
            if before is not None:
                response.shows = (before, (*named, *frame.topics()), measured.until)  # type: ignore[attr-defined]
            return response

        return rendered

    return decorate
