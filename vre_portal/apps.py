"""The floor as a Django application, for its template tags and its tasks."""

from typing import override

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """vre_portal."""

    name = "vre_portal"
    label = "portal"
    verbose_name = "Portal"

    @override
    def ready(self) -> None:
        from vre_portal import incidents, pages, sitemap
        from vre_portal.models import ServiceState
        from vre_portal.sitemap import documentation

        pages.watch("services", ServiceState)
        sitemap.register(documentation.source)
        incidents.register()
