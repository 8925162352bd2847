"""Software."""

from django.apps import AppConfig


class Config(AppConfig):
    """catalog.software."""

    name = "catalog.software"
    label = "software"
    verbose_name = "Software"
