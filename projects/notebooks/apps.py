"""Notebooks."""

from django.apps import AppConfig


class Config(AppConfig):
    """projects.notebooks."""

    name = "projects.notebooks"
    label = "notebooks"
    verbose_name = "Notebooks"
