"""News as a source of the search, for those who may read them at that moment."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.news.models import NewsItem
from vre_portal.rich_text import words_of
from vre_portal.search import audiences
from vre_portal.search.audiences import Reader
from vre_portal.search.sources import SearchItem, TypeLabel, WatchedTable


def visible_news(user: Reader, values: Collection[str]) -> set[str]:
    """For `audiences`: which news somebody may read now; the clock may begin and end them."""
    return {str(pk) for pk in NewsItem.objects.visible_to(user).filter(pk__in=values).values_list("pk", flat=True)}


class NewsSource:
    """Published news of the portal and of projects."""

    kind = "news"
    types: ClassVar[Mapping[str, TypeLabel]] = {"news": TypeLabel(_("News"), "file-text", _("News item"))}
    tables: ClassVar[Sequence[WatchedTable]] = (WatchedTable(NewsItem, "news"),)

    def keys(self) -> Iterator[str]:
        """All that were published."""
        return map(str, _published().values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        for item in _published().filter(pk__in=keys).select_related("project"):
            yield SearchItem(
                str(item.pk),
                self.kind,
                item.title,
                item.get_absolute_url(),
                rule_of(item),
                text=words_of(item.text),
                facets={"project": [item.project.slug]} if item.project else {},
                created=item.publish_at,
                changed=item.updated_at,
                is_top=True,
            )


def rule_of(item: NewsItem) -> str:
    """Who may know of it: one rule for all that the clock does not change any more, for each search looks at every rule that there is."""
    if item.until is not None or item.publish_at > timezone.now():
        return audiences.rule(audiences.condition("news", item.pk))
    return audiences.rule(audiences.condition("project", item.project_id)) if item.project_id else audiences.PUBLIC


def _published() -> models.QuerySet[NewsItem]:
    return NewsItem.objects.filter(is_published=True, deleted_at=None)
