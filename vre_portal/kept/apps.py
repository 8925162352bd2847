"""The application of forms that are kept over a sign-in."""

from django.apps import AppConfig


class KeptConfig(AppConfig):
    """vre_portal.kept."""

    name = "vre_portal.kept"
    label = "kept"
    verbose_name = "Kept forms"
