"""The floor as a Django application, for its template tags and its tasks."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """vre_portal."""

    name = "vre_portal"
    label = "portal"
    verbose_name = "Portal"
