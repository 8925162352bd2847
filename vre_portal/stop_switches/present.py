"""What is stopped now: read once in each process for each version of the switches, so that asking costs next to nothing."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal import pages
from vre_portal.http import RemoteUnavailable
from vre_portal.pages import SharedValue
from vre_portal.services import ServiceKind
from vre_portal.stop_switches.actions import action_of, is_known
from vre_portal.stop_switches.models import StopSwitch

TOPIC = "stop_switches"
LONGEST_RETRY_SECONDS = 3600.0


class ServiceStopped(RemoteUnavailable):
    """Staff have stopped this action at the service; nothing was stored. The text says it with the reason."""

    def __init__(self, switch: StopSwitch) -> None:
        seconds = (switch.until - timezone.now()).total_seconds() if switch.until else LONGEST_RETRY_SECONDS
        super().__init__(
            _("%(stopped)s Nothing was submitted.") % {"stopped": switch.sentence},
            retry_after=min(max(seconds, 1), LONGEST_RETRY_SECONDS),
        )
        self.switch = switch


def _read() -> tuple[StopSwitch, ...]:
    """The switches that hold, until the next one begins or ends."""
    now, holding = timezone.now(), []
    for switch in StopSwitch.objects.open():
        if not is_known(switch.kind, switch.action):
            continue  # of a later version of the portal
        moments: list[datetime] = [moment for moment in (switch.starts_at, switch.until) if moment and moment > now]
        if moments:
            pages.expires_at(min(moments))
        if switch.starts_at <= now:
            holding.append(switch)
    return tuple(holding)


holding_switches = SharedValue(_read, TOPIC)


def stop_of(kind: str, name: str, action: str) -> StopSwitch | None:
    """The switch by which an action is stopped at a service now; None where it is not."""
    wanted = (action, *action_of(kind, action).stopped_with)
    found = [item for item in holding_switches() if (item.kind, item.name) == (kind, name) and item.action in wanted]
    # The one that ends last says how long it takes.
    return max(found, key=lambda item: (item.until is None, item.until or item.starts_at), default=None)


def stops_of(kind: str, name: str) -> list[StopSwitch]:
    """All switches that hold at a service."""
    return [item for item in holding_switches() if (item.kind, item.name) == (kind, name)]


def stopped_names(kind: ServiceKind, action: str) -> frozenset[str]:
    """The services of a kind at which an action is stopped."""
    return frozenset(item.name for item in holding_switches() if item.kind == kind and stop_of(kind, item.name, action))


def require_open(kind: ServiceKind, name: str, action: str) -> None:
    """Raise ServiceStopped where the action is stopped: said before anything is stored, whatever the page showed."""
    if switch := stop_of(kind, name, action):
        raise ServiceStopped(switch)
