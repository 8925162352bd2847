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
        """Register the check for the status page, what public pages show of an index, and the lakes' data with the one search."""
        from datalake.index import followed, public_pages, search_source, things
        from datalake.index.models import IndexedScope, IndexEntry, MetadataKey
        from datalake.index.status import trouble_of
        from vre_portal import health, pages, sitemap
        from vre_portal.search import audiences, sources

        sums = ("lake", "name", "gone", "containers", "datasets", "files", "bytes", "read_at")
        pages.watch("lake_sums", IndexedScope, columns=sums)
        pages.watch("lake_sums", MetadataKey)
        pages.watch("lake_names", IndexEntry, columns=("name", "type", "updated", "bytes", "bytes_exact", "length", "meta"))
        sitemap.register(public_pages.source)
        health.register_check(ServiceKind.RUCIO, trouble_of)
        audiences.register_condition("lake", search_source.visible_scopes)
        sources.register(search_source.DataSource())
        followed.register()
        things.register()
        sources.register(search_source.ScopeSource())
