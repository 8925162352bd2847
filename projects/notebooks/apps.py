"""Notebooks."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """projects.notebooks."""

    name = "projects.notebooks"
    label = "notebooks"
    verbose_name = _("Notebooks")

    @override
    def ready(self) -> None:
        from projects import deletion
        from projects.notebooks import allowances, erasure_checks, overview, project_end, signing_out  # noqa: F401 -- register what has to end before an account is deleted, and what signing out does
        from vre_portal.allowances import parts

        deletion.register(project_end.feature)
        overview.register_sources()
        parts.register(allowances.parts)
