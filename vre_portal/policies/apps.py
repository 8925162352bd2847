"""The policies as a Django application."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """vre_portal.policies."""

    name = "vre_portal.policies"
    label = "policies"
    verbose_name = "Policies"
