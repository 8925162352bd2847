"""Workflow runs on REANA."""

from django.apps import AppConfig


class Config(AppConfig):
    """projects.workflows."""

    name = "projects.workflows"
    label = "workflows"
    verbose_name = "Workflows"
