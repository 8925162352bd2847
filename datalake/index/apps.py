"""The index of the Data Lakes."""

from django.apps import AppConfig


class Config(AppConfig):
    """datalake.index."""

    name = "datalake.index"
    label = "lake_index"
    verbose_name = "Index of the Data Lakes"
