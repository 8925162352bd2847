"""Workflow runs on REANA."""

from typing import override

from django.apps import AppConfig

from vre_portal.services import ServiceKind


class Config(AppConfig):
    """projects.workflows."""

    name = "projects.workflows"
    label = "workflows"
    verbose_name = "Workflows"

    @override
    def ready(self) -> None:
        from projects import audience
        from projects.workflows import checks, leaving, reana  # noqa: F401 -- what is looked at before a start, and before being erased
        from projects.workflows.publication import exposure
        from vre_portal import health

        health.register_probe(ServiceKind.REANA, reana.problem)
        audience.register_exposure(exposure)
