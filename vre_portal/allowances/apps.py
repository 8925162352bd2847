"""What people may use, as a Django application without tables."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.allowances."""

    name = "vre_portal.allowances"
    label = "allowances"
    verbose_name = _("Allowances")

    @override
    def ready(self) -> None:
        """The limits of the portal itself come last on the page."""
        from vre_portal.allowances import palette, parts, rate_limits
        from vre_portal.search import sources

        parts.register(rate_limits.parts, last=True)
        sources.register_actions(palette.actions)
