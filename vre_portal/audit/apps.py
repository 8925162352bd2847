"""The record of privileged acts as a Django application."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """vre_portal.audit."""

    name = "vre_portal.audit"
    label = "audit"
    verbose_name = "Audit"
