"""Atom documents, as RFC 4287 wants them."""

from datetime import UTC, datetime
from typing import override

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed

from vre_portal.page_head import absolute
from vre_portal.xml_text import xml_text

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class AtomFeed(Atom1Feed):
    """Django's feed, by the organisation that runs the portal: each entry has to have an author, and ours name no person.

    Its time is that of its newest item, also where it has none: the same items are the same document.
    """

    @classmethod
    def of(cls, *, title: str, page: str, feed: str, description: str) -> "AtomFeed":
        """A feed without items; `page` and `feed` are paths on this site."""
        site = settings.SITE
        return cls(
            title=xml_text(title),
            link=absolute(page),
            feed_url=absolute(feed),
            description=xml_text(description),
            author_name=xml_text(site["operator"] or site["name"]),
        )

    @override
    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=_NEVER)
