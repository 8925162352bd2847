"""Science projects."""

from typing import override

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """projects."""

    name = "projects"
    verbose_name = "Science projects"

    @override
    def ready(self) -> None:
        from projects import leaving  # noqa: F401 -- says what a person has to do before being erased
