"""Notebooks."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from vre_portal.services import ServiceKind


class Config(AppConfig):
    """projects.notebooks."""

    name = "projects.notebooks"
    label = "notebooks"
    verbose_name = _("Notebooks")

    @override
    def ready(self) -> None:
        from projects import deletion
        from projects.notebooks import (  # noqa: F401 -- register what has to end before an account is deleted, and what signing out does
            allowances,
            erasure_checks,
            notices,
            overview,
            project_end,
            session_tokens,
            signing_out,
        )
        from projects.notebooks.models import Session
        from vre_portal import incidents
        from vre_portal.allowances import parts

        deletion.register(project_end.feature)
        overview.register_sources()
        parts.register(allowances.parts)
        notices.register()
        session_tokens.register()
        incidents.register_users(
            ServiceKind.JUPYTERHUB, lambda item: Session.objects.alive().filter(hub=item.name).values_list("by", flat=True)
        )
