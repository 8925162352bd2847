"""News as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """projects.news."""

    name = "projects.news"
    label = "news"
    verbose_name = _("News")

    @override
    def ready(self) -> None:
        """Changes of news make new versions of the pages that show them; public ones are in the sitemap."""
        from projects.news import announcing, personal_data, public_pages, search_source  # noqa: F401 -- the first registers what a person's export has of news
        from projects.news.models import NewsItem
        from vre_portal import pages, sitemap
        from vre_portal.search import audiences, sources

        announcing.register()
        pages.watch("news", NewsItem)
        sitemap.register(public_pages.source)
        audiences.register_condition("news", search_source.visible_news)
        sources.register(search_source.NewsSource())
