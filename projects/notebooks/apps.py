"""Notebooks."""

from typing import override

from django.apps import AppConfig


class Config(AppConfig):
    """projects.notebooks."""

    name = "projects.notebooks"
    label = "notebooks"
    verbose_name = "Notebooks"

    @override
    def ready(self) -> None:
        from projects.notebooks import leaving, signing_out  # noqa: F401 -- say what a person has to do before being erased, and what signing out means
