"""Restricted data and who asks to see them."""

from django.apps import AppConfig


class Config(AppConfig):
    """datalake.access."""

    name = "datalake.access"
    label = "lake_access"
    verbose_name = "Access to restricted data"
