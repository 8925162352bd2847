"""Whether this portal can read workflow specifications in isolation, as its worker found it: shown with the services, because operators look there."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from vre_portal.confinement import isolation
from vre_portal.models import ServiceState
from vre_portal.text import plain

KIND, NAME = "portal", "isolation"  # of the row, beside those of services


@dataclass(frozen=True)
class IsolationStatus:
    """What the worker that looked last said; `state` is "unknown" before."""

    state: str = "unknown"
    detail: str = ""
    since: datetime | None = None
    checked_at: datetime | None = None

    @property
    def state_word(self) -> str:
        """The word whose tone and icon the state has on pages."""
        return self.state if self.state in ServiceState.State.values else "not checked yet"


def check() -> None:
    """Try it in this process, once, and store what it can do."""
    found = isolation()
    state = ServiceState.State.UP if found.ok else ServiceState.State.DEGRADED
    detail = _("Isolated by: %(means)s.") % {"means": ", ".join(found.by)} if found.ok else found.why_not
    row = ServiceState.objects.filter(kind=KIND, name=NAME).first()
    (row or ServiceState(kind=KIND, name=NAME)).seen(state, plain(detail))


def status() -> IsolationStatus:
    """What is known; nothing is tried."""
    row = ServiceState.objects.filter(kind=KIND, name=NAME).first()
    return IsolationStatus(row.state, row.detail, row.since, row.checked_at) if row else IsolationStatus(detail=_("Not checked yet."))
