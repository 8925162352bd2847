"""The Atom feed of a person's notices, for feed readers, which do not sign in: the address is the key."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.atom import AtomFeed
from vre_portal.limits import READING, RateLimit, rate_limited
from vre_portal.notices import feeds
from vre_portal.page_head import absolute
from vre_portal.xml_text import xml_text

FEED = RateLimit("feed", READING)


@require_safe
@login_not_required
@never_cache
@rate_limited(FEED)
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The newest notices; 404 for every address that opens nothing, whatever the reason."""
    reader = feeds.reader_of(secret)
    if reader is None:
        raise Http404(_("Feed not found."))
    page = reverse("notices:index")
    document = AtomFeed.of(title=_("Notices"), page=page, feed=request.path, description="", reader=str(reader.user.handle))
    if reader.without_groups:
        text = _("Sign in to the portal to get notices that depend on your groups again.")
        moment = reader.user.groups_seen_at or reader.user.date_joined
        document.add_item(
            title=text, link=absolute(page), description="", unique_id=f"{absolute(page)}#groups", pubdate=moment, updateddate=moment
        )
    for notice in feeds.notices_of(reader):
        event = notice.event
        document.add_item(
            title=xml_text(event.title),
            link=absolute(event.url),
            description=escape(xml_text(event.text)),
            unique_id=f"{absolute(page)}#{notice.pk}",
            pubdate=notice.at,
            updateddate=notice.at,
        )
    response = document.answer(request)
    response["X-Robots-Tag"] = "noindex"
    return response
