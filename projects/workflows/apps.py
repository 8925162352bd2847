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
        from projects import exposure
        from projects.workflows import checks, leaving, publication, reana  # noqa: F401 -- also what is looked at before a start, and before being erased
        from vre_portal import health

        health.register_probe(ServiceKind.REANA, reana.problem)
        exposure.register(publication.exposure)
