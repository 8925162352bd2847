"""Science projects."""

from typing import Any, override

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    """projects."""

    name = "projects"
    verbose_name = _("Science projects")

    @override
    def ready(self) -> None:
        from projects import closing_hooks, data_use, erasure_checks, linked_data, overview, project_events, search_source  # noqa: F401 -- also what a person has to do before being erased
        from projects.lifecycle import attention_items
        from projects.models import Membership, Project, Resource
        from projects.person_projects import public_projects
        from vre_portal import attention, pages, scope_owners, sitemap, usage
        from vre_portal.iam.profiles import related
        from vre_portal.recent import services as recent
        from vre_portal.search import audiences, sources

        overview.register_sources()
        project_events.register()
        for model in (Project, Membership, Resource):
            pages.watch("projects", model)
        for changed in (post_save, post_delete):
            changed.connect(_role_changed, sender=Membership, dispatch_uid="projects.roles")
        related.register(public_projects)
        sitemap.register(linked_data.source)
        usage.register(data_use.references, title=_("Projects"))
        scope_owners.register(data_use.scope_owners)
        recent.register_filter("project", data_use.recent_projects)
        audiences.register_condition("project", search_source.visible_projects)
        audiences.register_condition("members", search_source.own_projects)
        audiences.register_condition("read", search_source.readable_scopes)
        audiences.register_condition("unrestricted", search_source.unrestricted_scopes)
        sources.register(search_source.ProjectSource())
        sources.register(search_source.ResultSource())
        sources.register_context("data", search_source.contexts_of_data, search_source.OF_DATA)
        sources.register_actions(search_source.actions)
        sources.register_names("project", search_source.project_names)
        attention.register(attention_items.offers)
        closing_hooks.register_check(lambda project: str(_("This project is archived.")) if project.is_archived else "")


def _role_changed(instance: Any, **_: Any) -> None:
    """Open pages of the person, or of everybody where a group is meant, are told only what they may see now."""
    from vre_portal import events

    events.recheck(instance.user_id)
