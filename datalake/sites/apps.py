"""Sites of the Data Lake."""

from django.apps import AppConfig


class Config(AppConfig):
    """datalake.sites."""

    name = "datalake.sites"
    label = "lake_sites"
    verbose_name = "Sites of the Data Lake"
