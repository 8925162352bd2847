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
        """Register the check by which the status page shows problems of an index, and the lakes' data with the one search."""
        from datalake.index import search_source
        from datalake.index.status import trouble_of
        from vre_portal import health
        from vre_portal.search import audiences, sources

        health.register_check(ServiceKind.RUCIO, trouble_of)
        audiences.register_condition("lake", search_source.visible_scopes)
        sources.register(search_source.DataSource())
        sources.register(search_source.ScopeSource())
