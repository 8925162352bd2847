"""The page cache as a Django application, for its table and its triggers."""

from typing import override

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.pages."""

    name = "vre_portal.pages"
    label = "pages"
    verbose_name = _("Page cache")

    @override
    def ready(self) -> None:
        """Put the triggers on the watched tables whenever tables may have changed."""
        from vre_portal.pages.triggers import install

        post_migrate.connect(install, sender=self)
