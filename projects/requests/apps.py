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
        from projects import closing_hooks
        from projects.people import services as people
        from projects.requests import attention_items, erasure_checks, services  # noqa: F401 -- the first says what of a request is exported
        from vre_portal import attention, staff_overview

        closing_hooks.on_close(services.close_all)
        people.on_added(services.settle)
        attention.register(attention_items.to_answer)
        attention.register(attention_items.answered)
        staff_overview.register(staff_overview.StaffSection.PROBLEMS, attention_items.staff_problems)
