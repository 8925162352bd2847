"""Atom documents, as RFC 4287 wants them."""

import hashlib
from datetime import UTC, datetime
from typing import override
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language

from vre_portal.page_head import absolute
from vre_portal.xml_text import xml_text

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class AtomFeed(Atom1Feed):
    """Django's feed, by the organisation that runs the portal: each entry has to have an author, and ours name no person.

    Its time is that of its newest item, also where it has none: the same items are the same document.
    """

    @classmethod
    def of(cls, *, title: str, page: str, feed: str, description: str, reader: str = "") -> "AtomFeed":
        """A feed without items; `page` and `feed` are paths on this site. `reader` tells the feeds of several people on one page apart."""
        site = settings.SITE
        return cls(
            feed_guid=uuid5(NAMESPACE_URL, f"{absolute(page)}#{reader}").urn if reader else None,
            language=get_language(),
            title=xml_text(title),
            link=absolute(page),
            feed_url=absolute(feed),
            description=xml_text(description),
            author_name=xml_text(site["operator"] or site["name"]),
        )

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The document; 304 for who has it. By what it holds and not by its time: what somebody may no longer see leaves it."""
        body = self.writeString("utf-8")
        response = HttpResponse(body, content_type="application/atom+xml; charset=utf-8")
        response["ETag"] = f'W/"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
        return get_conditional_response(request, etag=response["ETag"], response=response) or response

    @override
    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=_NEVER)
