"""Workflow runs on REANA."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind


class Config(AppConfig):
    """projects.workflows."""

    name = "projects.workflows"
    label = "workflows"
    verbose_name = _("Workflows")

    @override
    def ready(self) -> None:
        from projects import exposure
        from projects.workflows import checks, erasure_checks, publication, reana  # noqa: F401 -- also what is looked at before a start, and before being erased
        from projects.workflows.models import Keep, Run, RunFile, RunOrigin, Specification
        from vre_portal import health, pages

        pages.watch("runs", Run, only="{row}.published_at IS NOT NULL")
        for model in (RunFile, RunOrigin, Keep, Specification):
            pages.watch("runs", model)
        health.register_probe(ServiceKind.REANA, reana.problem)
        exposure.register(publication.exposure)
