"""Webhooks as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.notices.webhooks."""

    name = "vre_portal.notices.webhooks"
    label = "webhooks"
    verbose_name = _("Webhooks")

    @override
    def ready(self) -> None:
        """Every event is offered to the webhooks; people are the owners that are known here."""
        from vre_portal.notices import services
        from vre_portal.notices.webhooks import channel, personal, personal_data, switching  # noqa: F401 -- which register what a person's export has, and a kind
        from vre_portal.notices.webhooks.owners import register

        services.register_channel(channel.store_deliveries)
        register("person", personal.owner_of_person)
