"""Restricted data and who was given access to them."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """datalake.access."""

    name = "datalake.access"
    label = "lake_access"
    verbose_name = _("Access to restricted data")

    @override
    def ready(self) -> None:
        from datalake.access import erasure_checks, notices  # noqa: F401 -- says what a person has to do before being erased

        notices.register()
