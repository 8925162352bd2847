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
        from projects.news import personal_data, public_pages  # noqa: F401 -- the first registers what a person's export has of news
        from projects.news.models import NewsItem
        from vre_portal import pages, sitemap

        pages.watch("news", NewsItem)
        sitemap.register(public_pages.source)
