"""What the dashboard of staff shows of the stop switches."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.staff_overview import StaffFigure
from vre_portal.stop_switches.present import holding_switches


def staff_problems() -> Iterator[StaffFigure]:
    """How many actions are stopped, and which."""
    if switches := holding_switches():
        services = ", ".join(dict.fromkeys(item.service_title for item in switches))
        yield StaffFigure(_("Actions stopped by staff"), len(switches), reverse("stop-switches:index"), services)
