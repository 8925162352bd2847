"""What news says to programs: its part of the sitemap, and each item in schema.org's words."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from projects.models import Project
from projects.news.models import NewsItem
from vre_portal import json_ld
from vre_portal.page_head import PageHead, absolute
from vre_portal.sitemap import SitemapEntry, SitemapSource

TOPICS = ("news", "projects")


def next_change() -> datetime | None:
    """When the clock alone next changes which news are public."""
    moments = (NewsItem.objects.next_change(), Project.objects.next_opening())
    return min((moment for moment in moments if moment is not None), default=None)


def entries(start: int, size: int) -> Sequence[SitemapEntry]:
    """The addresses of public news, the oldest first, so that a page of the sitemap changes little."""
    items = NewsItem.objects.public().order_by("pk").only("pk", "publish_at", "changed_at")[start : start + size]
    return [SitemapEntry(item.get_absolute_url(), item.updated_at) for item in items]


source = SitemapSource("news", lambda: NewsItem.objects.public().count(), entries, TOPICS, next_change)


def head_of(item: NewsItem) -> PageHead | None:
    """The head of the page of an item that everybody may see; None for one of a project that is not public."""
    if not NewsItem.objects.public().filter(pk=item.pk).exists():
        return None
    path = item.get_absolute_url()
    picture = reverse("news:picture", args=[item.pk]) if item.picture else ""
    data = json_ld.thing(
        "NewsArticle",
        headline=item.title,
        description=item.excerpt,
        url=absolute(path),
        datePublished=item.publish_at.isoformat(),
        dateModified=item.updated_at.isoformat(),
        image=absolute(picture) if picture else None,
        publisher=json_ld.operator(),
        about={"@type": "ResearchProject", "name": item.project.title, "url": absolute(item.project.get_absolute_url())}
        if item.project
        else None,
    )
    return PageHead(
        title=item.title,
        description=item.excerpt,
        path=path,
        picture=picture,
        picture_description=item.picture_description,
        is_article=True,
        published=item.publish_at,
        modified=item.updated_at,
        data=data,
    )
