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
        from vre_portal.encryption import register_rotation
        from vre_portal.notices import kinds, services
        from vre_portal.notices.kinds import Delivery
        from vre_portal.notices.webhooks import channel, personal, personal_data, rotation, switching  # noqa: F401 -- which register what a person's export has, and a kind
        from vre_portal.notices.webhooks.owners import register

        kinds.offer(Delivery.WEBHOOK, personal.not_sent)
        register_rotation(rotation.rotate)
        services.register_channel(channel.store_deliveries)
        register("person", personal.owner_of_person)
