"""The REANA servers side by side: health, load as far as the portal knows it, limits, backends."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows.launching.offers import Offer
from projects.workflows.launching.overrides import seconds_of
from projects.workflows.models import Run
from vre_portal.iam.models import User
from vre_portal.models import ServiceState
from vre_portal.pages import SharedValue
from vre_portal.services import Service, ServiceKind
from vre_portal.stop_switches.present import stop_of
from vre_portal.text import lasting


@dataclass(frozen=True)
class Load:
    """Active runs of this portal on one server: of everybody, and of the person."""

    running: int = 0
    waiting: int = 0
    mine: int = 0


@dataclass(frozen=True)
class ServerRow:
    """One server as the table shows it."""

    service: Service
    offer: Offer
    state: str  # a word of health, or "stopped"
    detail: str
    load: Load
    is_chosen: bool

    @property
    def limits(self) -> list[str]:
        """What a step may have at most, a phrase each; empty where the server does not say."""
        info = self.offer.info
        most = [
            (info.max_cpu if info else "", _("%(limit)s CPUs")),
            (_memory(info.max_memory) if info else "", _("%(limit)s memory")),
            (_time(seconds_of(info.max_time)) if info else "", "%(limit)s"),
        ]
        return [words % {"limit": limit} for limit, words in most if limit]

    @property
    def gpu(self) -> str:
        """Whether it has GPUs; empty where that is not known."""
        return {True: _("yes"), False: _("no"), None: ""}[self.offer.has_gpu]


def _memory(text: str) -> str:
    """16 GiB, from what Kubernetes writes as 16Gi; as it is where it is written otherwise."""
    return re.sub(r"^([0-9.]+)([KMGTPE]i)$", "\\1\u00a0\\2B", text)


def _time(seconds: float | None) -> str:
    """14 days, where it is whole days; else hours and minutes."""
    days, rest = divmod(int(seconds or 0), 86_400)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days} if days and not rest else lasting(seconds) or ""


def _states() -> dict[str, ServiceState]:
    return {row.name: row for row in ServiceState.objects.filter(kind=ServiceKind.REANA)}


# How the REANA servers were when they were last looked at, by name: read once in each process for each look.
states = SharedValue(_states, "services")


def load(user: User) -> dict[str, Load]:
    """Active runs by server, in one query; an active run is one that has not ended."""
    active = Run.objects.filter(status__in=(*Run.UNSUBMITTED, *Run.ACTIVE)).order_by().values("server")
    running = Q(status=Run.Status.RUNNING)
    rows = active.annotate(running=Count("pk", filter=running), all=Count("pk"), mine=Count("pk", filter=Q(by=user)))
    return {row["server"]: Load(row["running"], row["all"] - row["running"], row["mine"]) for row in rows}


def rows(
    servers: Iterable[Service], chosen: str, offers: Mapping[str, Offer], known: Mapping[str, ServiceState], loads: Mapping[str, Load]
) -> list[ServerRow]:
    """A row for each server, in the order of services.toml."""
    found = []
    for item in servers:
        stop, state = stop_of(ServiceKind.REANA, item.name, "runs"), known.get(item.name)
        word = "stopped" if stop else state.state if state else "not checked yet"
        detail = stop.sentence if stop else state.detail if state else ""
        found.append(ServerRow(item, offers[item.name], word, detail, loads.get(item.name, Load()), item.name == chosen))
    return found
