"""Webhooks of projects as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """projects.webhooks."""

    name = "projects.webhooks"
    label = "project_webhooks"
    verbose_name = _("Webhooks of projects")

    @override
    def ready(self) -> None:
        from projects import closing_hooks, deletion
        from projects.webhooks import owner, project_end
        from vre_portal.notices.webhooks.owners import register

        register(owner.TOPIC, owner.owner_of_project)
        closing_hooks.on_close(project_end.switch_off)
        deletion.register(project_end.feature)
