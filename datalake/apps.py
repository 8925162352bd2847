"""Data Lake."""

from django.apps import AppConfig


class Config(AppConfig):
    """datalake."""

    name = "datalake"
    label = "datalake"
    verbose_name = "Data Lake"
