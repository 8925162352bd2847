"""The start page as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """projects.landing."""

    name = "projects.landing"
    label = "landing"
    verbose_name = _("Start page")

    @override
    def ready(self) -> None:
        """The lists of the portal are in the sitemap."""
        from projects.landing import public_pages
        from vre_portal import sitemap

        sitemap.register(public_pages.source)
