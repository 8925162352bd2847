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
        from projects import linked_data
        from projects.models import Membership, Project, Resource
        from vre_portal import pages, sitemap

        for model in (Project, Membership, Resource):
            pages.watch("projects", model)
        from projects.person_projects import public_projects
        from vre_portal.iam.profiles import related

        related.register(public_projects)
        sitemap.register(linked_data.source)
        from projects import data_use, erasure_checks  # noqa: F401 -- also says what a person has to do before being erased
        from vre_portal import scope_owners, usage
        from vre_portal.recent import services as recent

        usage.register(data_use.references, title=_("Projects"))
        scope_owners.register(data_use.scope_owners)
        recent.register_filter("project", data_use.recent_projects)
