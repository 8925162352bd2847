"""Atom feeds of public news."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import override

from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from projects.news.models import NewsItem
from vre_portal.page_head import absolute
from vre_portal.xml_text import xml_text

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class _NewsFeed(Atom1Feed):
    """Django's feed, whose time is that of its newest item, also where it has none: the same news are the same document."""

    @override
    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=_NEVER)


def atom(items: Iterable[NewsItem], *, title: str, page: str, feed: str, description: str) -> HttpResponse:
    """The items as an Atom document; `page` and `feed` are paths on this site. An item's id stays the same when its title changes."""
    document = _NewsFeed(title=xml_text(title), link=absolute(page), feed_url=absolute(feed), description=xml_text(description))
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
