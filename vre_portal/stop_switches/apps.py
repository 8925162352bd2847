"""The stop switches as a Django application."""

from typing import override

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Config(AppConfig):
    """vre_portal.stop_switches."""

    name = "vre_portal.stop_switches"
    label = "stop_switches"
    verbose_name = _("Stop switches")

    @override
    def ready(self) -> None:
        """Jobs ask which services are stopped; each change makes a new version of what shows it."""
        from vre_portal import events, pages, staff_overview
        from vre_portal.jobs import holds
        from vre_portal.stop_switches import overview, present
        from vre_portal.stop_switches.models import StopSwitch

        pages.watch(present.TOPIC, StopSwitch)
        events.register_topic("switches", lambda _user, numbers: [number for number in numbers if number == 0])
        holds.register_source(present.stopped_names)
        staff_overview.register(staff_overview.StaffSection.PROBLEMS, overview.staff_problems)
