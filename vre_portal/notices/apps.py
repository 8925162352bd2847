"""Notices as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.notices."""

    name = "vre_portal.notices"
    label = "notices"
    verbose_name = _("Notices")

    @override
    def ready(self) -> None:
        from vre_portal.iam import sign_in_waits
        from vre_portal.notices import exports, sign_in

        exports.register()
        sign_in.register()
        sign_in_waits.register(sign_in.work_waits)
