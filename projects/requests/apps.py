"""Requests about projects, as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RequestsConfig(AppConfig):
    """projects.requests."""

    name = "projects.requests"
    label = "requests"
    verbose_name = _("Requests")

    @override
    def ready(self) -> None:
        from projects import closing
        from projects.people import services as people
        from projects.requests import erasure_checks, services, waiting  # noqa: F401 -- the first says what of a request is exported
        from vre_portal import attention, staff_overview

        closing.on_close(services.close_all)
        people.on_added(services.settle)
        attention.register(waiting.to_answer)
        attention.register(waiting.answered)
        staff_overview.register(staff_overview.StaffSection.PROBLEMS, waiting.staff_problems)
