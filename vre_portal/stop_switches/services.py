"""Turning a stop switch on, changing it and turning it off; of two people at once, the second is told."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from vre_portal import events
from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.moment_field import same_minute
from vre_portal.stop_switches.models import StopSwitch

TOPIC = "switches-0"  # what open pages listen to that say what is stopped


class AlreadyStopped(Exception):
    """The action is stopped already, or somebody changed the switch meanwhile; `switch` is how it stands now, None where it is off."""

    def __init__(self, switch: StopSwitch | None) -> None:
        super().__init__(str(switch))
        self.switch = switch


def open_switch(kind: str, name: str, action: str) -> StopSwitch | None:
    """The switch that holds now or later."""
    return StopSwitch.objects.open().of(kind, name, action).select_related("created_by").first()


def turn_on(*, by: User, kind: str, name: str, action: str, reason: str, starts_at: datetime | None, until: datetime | None) -> StopSwitch:
    """Stop an action. Raises AlreadyStopped; the same press twice is one switch."""
    try:
        with transaction.atomic():
            expired = StopSwitch.objects.of(kind, name, action).filter(ended_at=None, until__lte=timezone.now())
            expired.update(ended_at=F("until"))
            switch = StopSwitch.objects.create(
                kind=kind, name=name, action=action, reason=reason, starts_at=starts_at or timezone.now(), until=until, created_by=by
            )
            _record("service.stop", by, switch, reason=reason)
    except IntegrityError:
        raise AlreadyStopped(open_switch(kind, name, action)) from None
    return switch


def change(*, by: User, switch: StopSwitch, seen: int, reason: str, starts_at: datetime | None, until: datetime | None) -> None:
    """Give a switch another reason or other times. Raises AlreadyStopped where somebody changed it or turned it off meanwhile."""
    with transaction.atomic():
        rows = StopSwitch.objects.open().filter(pk=switch.pk, version=seen)
        is_left = starts_at is None or same_minute(starts_at, switch.starts_at)
        values = {"reason": reason, "starts_at": switch.starts_at if is_left else starts_at, "until": until}
        if not rows.update(**values, version=seen + 1):
            raise AlreadyStopped(open_switch(switch.kind, switch.name, switch.action))
        switch.refresh_from_db()
        _record("service.stop_change", by, switch, reason=reason)


def turn_off(*, by: User, pk: int) -> StopSwitch | None:
    """Let the action go on; None where the switch is off already. Jobs that wait go on within seconds."""
    with transaction.atomic():
        switch = StopSwitch.objects.open().select_for_update(of=("self",)).filter(pk=pk).first()
        if switch is None:
            return None
        switch.ended_at, switch.ended_by = timezone.now(), by
        switch.save(update_fields=["ended_at", "ended_by"])
        _record("service.resume", by, switch)
    return switch


def _record(action: str, by: User, switch: StopSwitch, **facts: Any) -> None:
    times = {"from": switch.starts_at.isoformat(), "until": switch.until.isoformat() if switch.until else ""}
    events.publish(TOPIC, "stopped")
    record(action, by=by, subject=f"service/{switch.kind}/{switch.name}", stopped=switch.action, switch=switch.pk, **times, **facts)
