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
        from projects import search_source
        from projects.models import Membership, Project, Resource
        from vre_portal import pages
        from vre_portal.search import audiences, sources

        for model in (Project, Membership, Resource):
            pages.watch("projects", model)
        audiences.register_condition("project", search_source.visible_projects)
        audiences.register_condition("members", search_source.own_projects)
        audiences.register_condition("read", search_source.readable_scopes)
        audiences.register_condition("unrestricted", search_source.unrestricted_scopes)
        sources.register(search_source.ProjectSource())
        sources.register(search_source.ResultSource())
        sources.register_context("data", search_source.contexts_of_data, search_source.OF_DATA)
        sources.register_actions(search_source.actions)
        from projects import erasure_checks  # noqa: F401 -- says what a person has to do before being erased
