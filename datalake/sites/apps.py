"""Sites of the Data Lake."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """datalake.sites."""

    name = "datalake.sites"
    label = "lake_sites"
    verbose_name = _("Sites of the Data Lake")
