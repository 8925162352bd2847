"""The editable texts as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.site_texts."""

    name = "vre_portal.site_texts"
    label = "site_texts"
    verbose_name = _("Texts of the portal")

    @override
    def ready(self) -> None:
        """Each saved text makes new versions of the pages that show one."""
        from vre_portal import pages
        from vre_portal.site_texts.models import TextVersion

        pages.watch("texts", TextVersion)
