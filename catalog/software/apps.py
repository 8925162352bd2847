"""Software."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """catalog.software."""

    name = "catalog.software"
    label = "software"
    verbose_name = _("Software")

    @override
    def ready(self) -> None:
        from catalog.software import in_environments, linked_data, version_notices
        from catalog.software.models import Entry, Harvest, Version
        from catalog.software.search_source import SoftwareSource
        from vre_portal import pages, sitemap, usage
        from vre_portal.search import sources

        pages.watch("software", Entry)
        pages.watch("software", Version)
        pages.watch("software", Harvest, columns=("state", "error", "finished_at", "skipped", "skipped_names"))
        sitemap.register(linked_data.source)
        sources.register(SoftwareSource())
        version_notices.register()
        usage.register(in_environments.software_in, title=_("Software"))
        usage.register(in_environments.environments_of, title=_("Environments"))
