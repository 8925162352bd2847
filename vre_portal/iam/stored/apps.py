"""Tokens that services give out themselves, stored by their owners, as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoredConfig(AppConfig):
    """vre_portal.iam.stored."""

    name = "vre_portal.iam.stored"
    label = "stored"
    verbose_name = _("Stored tokens")
