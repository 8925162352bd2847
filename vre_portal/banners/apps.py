"""The banners as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.banners."""

    name = "vre_portal.banners"
    label = "banners"
    verbose_name = _("Banners")

    @override
    def ready(self) -> None:
        """Each saved banner makes new versions of all public pages, and what a visitor dismissed tells them apart."""
        from vre_portal import pages
        from vre_portal.banners import present
        from vre_portal.banners.models import Banner, Dismissal
        from vre_portal.iam.personal_data import data_export

        data_export.register_limit(Dismissal, present.readable_dismissals, always=("id", "edition", "at"))
        pages.watch(present.TOPIC, Banner)
        pages.show_on_every_page(present.TOPIC, present.public_variant)
