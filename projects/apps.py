"""Science projects."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    """projects."""

    name = "projects"
    verbose_name = _("Science projects")

    @override
    def ready(self) -> None:
        from projects.models import Membership, Project, Resource
        from vre_portal import pages

        for model in (Project, Membership, Resource):
            pages.watch("projects", model)
        from projects import erasure_checks  # noqa: F401 -- says what a person has to do before being erased
