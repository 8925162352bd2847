"""Workflow runs on REANA."""

from typing import override

from django.apps import AppConfig


class Config(AppConfig):
    """projects.workflows."""

    name = "projects.workflows"
    label = "workflows"
    verbose_name = "Workflows"

    @override
    def ready(self) -> None:
        from projects.workflows import leaving  # noqa: F401 -- says what a person has to do before being erased
