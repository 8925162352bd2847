"""Baskets as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """projects.baskets."""

    name = "projects.baskets"
    label = "baskets"
    verbose_name = _("Baskets")

    @override
    def ready(self) -> None:
        from projects.baskets import api, counting, palette, personal_data, services, sign_in
        from vre_portal import things
        from vre_portal.api import routes
        from vre_portal.search import sources

        things.register_collection(things.BasketCollection(counting.count_for, services.values_in_current, services.names_of))
        sources.register_actions(palette.actions)
        personal_data.register()
        sign_in.register()
        routes.add(api.router)
