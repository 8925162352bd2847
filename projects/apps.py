"""Science projects."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """projects."""

    name = "projects"
    verbose_name = "Science projects"
