"""Restricted data and who asks to see them."""

from typing import override

from django.apps import AppConfig


class Config(AppConfig):
    """datalake.access."""

    name = "datalake.access"
    label = "lake_access"
    verbose_name = "Access to restricted data"

    @override
    def ready(self) -> None:
        from datalake.access import leaving  # noqa: F401 -- says what a person has to do before being erased
