"""Atom feeds of public news."""

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.html import escape

from projects.news.models import NewsItem
from vre_portal.atom import AtomFeed
from vre_portal.page_head import absolute
from vre_portal.xml_text import xml_text


def atom(items: Iterable[NewsItem], *, title: str, page: str, feed: str, description: str) -> HttpResponse:
    """The items as an Atom document; `page` and `feed` are paths on this site. An item's id stays the same when its title changes."""
    document = AtomFeed.of(title=title, page=page, feed=feed, description=description)
    for item in items:
        document.add_item(
            title=xml_text(item.title),
            link=absolute(item.get_absolute_url()),
            description=escape(xml_text(item.excerpt)),  # the type of a summary is HTML; the whole text is a click away
            unique_id=f"urn:uuid:{item.key}",
            pubdate=item.publish_at,
            updateddate=item.updated_at,
            categories=[xml_text(item.project.title)] if item.project else [],
        )
    return HttpResponse(document.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
