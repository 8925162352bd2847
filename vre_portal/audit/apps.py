"""The record of privileged acts as a Django application."""

from typing import override

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """vre_portal.audit."""

    name = "vre_portal.audit"
    label = "audit"
    verbose_name = "Audit"

    @override
    def ready(self) -> None:
        from vre_portal.audit import uses  # noqa: F401 -- listens to tasks
