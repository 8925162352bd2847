"""The index of the Data Lakes."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind


class Config(AppConfig):
    """datalake.index."""

    name = "datalake.index"
    label = "lake_index"
    verbose_name = _("Search index of the Data Lakes")

    @override
    def ready(self) -> None:
        """Register the check by which the status page shows problems of an index."""
        from datalake.index.status import trouble_of
        from vre_portal import health

        health.register_check(ServiceKind.RUCIO, trouble_of)
