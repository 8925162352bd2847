"""Sites of the Data Lake."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """datalake.sites."""

    name = "datalake.sites"
    label = "lake_sites"
    verbose_name = _("Sites of the Data Lake")

    @override
    def ready(self) -> None:
        """Public pages say how many sites there are."""
        from datalake.sites.models import Look, Sample, SiteRecord, StorageAccess
        from vre_portal import pages

        pages.watch("lake_sites", Sample)
        pages.watch("lake_sites", SiteRecord)
        pages.watch("lake_sites", StorageAccess)
        pages.watch("lake_sites", Look, columns=("done_at", "failures"))
