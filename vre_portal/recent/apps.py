"""The application of recently seen things."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.recent."""

    name = "vre_portal.recent"
    label = "recent"
    verbose_name = _("Recently seen")

    @override
    def ready(self) -> None:
        """Offer it in quick search, and let the export leave out titles of what the person may no longer see."""
        from vre_portal.iam.personal_data import data_export
        from vre_portal.recent import services
        from vre_portal.recent.models import RecentItem
        from vre_portal.search import sources

        sources.register_recent(services.for_palette)
        data_export.register_limit(RecentItem, services.readable, always=("id", "kind", "seen_at"))
