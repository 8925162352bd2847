"""The Data Lakes in which a result may be kept, side by side where there are several."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from projects import audience
from projects.audience import Origin
from projects.workflows.models import Run
from projects.workflows.permissions import why_not_keep
from vre_portal.iam.models import User
from vre_portal.models import ServiceState
from vre_portal.services import Service, ServiceKind, UnknownService, service, services
from vre_portal.stop_switches.present import stop_of


@dataclass(frozen=True)
class KeepPlace:
    """One lake, with the project's scope there; `why_not` is empty where the person may keep the run's files in it."""

    lake: Service
    target: Origin
    why_not: str
    is_chosen: bool = False
    state: str = ""  # a word of health, or "stopped"
    detail: str = ""

    @property
    def site(self) -> str:
        """The storage element to which files are written; empty where the operator names none."""
        return str(self.lake.options.get("upload_rse") or "")

    @property
    def copy_sites(self) -> list[str]:
        """Where the second copy may be."""
        named = self.lake.options.get("copy_rses")
        return [str(name) for name in named] if isinstance(named, list | tuple) else []

    @property
    def readers(self) -> str:
        """Who can read what is kept there."""
        if audience.is_public(self.target):
            return _("everybody")
        return _("people with access to the scope") if audience.is_restricted(self.target) else _("everybody with an account")


def place(user: User, run: Run, lake: Service) -> KeepPlace:
    """One lake for the person."""
    target = Origin(lake.name, run.project.scope)
    found = KeepPlace(lake, target, why_not_keep(user, run, target))
    if not found.why_not and not (found.site and found.copy_sites):
        return KeepPlace(lake, target, _("%(lake)s has no storage for results.") % {"lake": lake.title})
    return found


def chosen(user: User, run: Run, name: str) -> KeepPlace:
    """The lake of that name; without one the first in which the person may keep the result, else the first. Raises UnknownService."""
    if name:
        return place(user, run, service(ServiceKind.RUCIO, name))
    service(ServiceKind.RUCIO)  # which raises where there is none
    found = [place(user, run, lake) for lake in services(ServiceKind.RUCIO)]
    return next((item for item in found if not item.why_not), found[0])


def places(user: User, run: Run, taken: KeepPlace) -> list[KeepPlace]:
    """All lakes with their health, as it was when it was last looked at; empty where there is only one."""
    lakes = services(ServiceKind.RUCIO)
    if len(lakes) < 2:
        return []
    states = {row.name: row for row in ServiceState.objects.filter(kind=ServiceKind.RUCIO)}
    found = []
    for lake in lakes:
        item, state, stop = place(user, run, lake), states.get(lake.name), stop_of(ServiceKind.RUCIO, lake.name, "uploads")
        word = "stopped" if stop else state.state if state else "not checked yet"
        detail = stop.sentence if stop else state.detail if state else ""
        found.append(KeepPlace(lake, item.target, item.why_not, lake == taken.lake, word, detail))
    return found


def why_nowhere(user: User, run: Run) -> str | None:
    """Why the person may keep the result in no lake; empty where they may in one, None where there is no lake."""
    try:
        return chosen(user, run, "").why_not
    except UnknownService:
        return None
