"""Notices by e-mail as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.notices.mail."""

    name = "vre_portal.notices.mail"
    label = "notices_mail"
    verbose_name = _("Notices by e-mail")

    @override
    def ready(self) -> None:
        """Mail is a way of delivery, and staff see when it is stuck."""
        from vre_portal import staff_overview
        from vre_portal.notices import kinds
        from vre_portal.notices.kinds import Delivery
        from vre_portal.notices.mail import (
            checks,  # noqa: F401 -- says before the start what is wrong in the settings
            overview,
            queue,
            services,
        )
        from vre_portal.notices.services import register_channel

        kinds.register(services.TEST)
        for delivery in (Delivery.MAIL, Delivery.DIGEST):
            kinds.offer(delivery, services.not_sent)
        register_channel(queue.add)
        staff_overview.register(staff_overview.StaffSection.PROBLEMS, overview.problems)
