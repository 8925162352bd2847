"""Onboarding, as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OnboardingConfig(AppConfig):
    """projects.onboarding."""

    name = "projects.onboarding"
    label = "onboarding"
    verbose_name = _("Onboarding")

    @override
    def ready(self) -> None:
        from projects import project_health
        from projects.onboarding import need_request, overview, palette, personal_data  # noqa: F401 -- the last says what of a plan is exported
        from vre_portal.search import sources

        need_request.register()
        project_health.register(overview.plan_progress)
        sources.register_actions(palette.actions)
