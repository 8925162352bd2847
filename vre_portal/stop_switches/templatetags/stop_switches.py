"""`{% stop_of "reana" run.server "runs" as stop %}`: the switch by which something is stopped now, for the notice beside its button."""

from django import template

from vre_portal.stop_switches import present
from vre_portal.stop_switches.models import StopSwitch

register = template.Library()


@register.simple_tag
def stop_of(kind: str, name: str, action: str) -> StopSwitch | None:
    """The switch that holds; None where nothing is stopped."""
    return present.stop_of(kind, name, action)
