"""Whether the portal runs, whether it can serve requests, and the status of the services behind it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from vre_portal import cache, http, isolation_status, pages
from vre_portal.banners import present as banners
from vre_portal.banners.present import announcement
from vre_portal.models import ServiceState
from vre_portal.portable_gettext import decimal
from vre_portal.services import Service, ServiceKind, services
from vre_portal.stop_switches.models import StopSwitch
from vre_portal.stop_switches.present import TOPIC as STOPS
from vre_portal.stop_switches.present import stops_of
from vre_portal.text import plain

logger = logging.getLogger(__name__)
PROBES = {
    ServiceKind.IAM: ".well-known/openid-configuration",
    ServiceKind.RUCIO: "/ping",
    ServiceKind.JUPYTERHUB: "/hub/api/",
    ServiceKind.ZENODO: "/oai2d?verb=Identify",
    ServiceKind.TAP: "/availability",
    ServiceKind.GIT: "/",
    ServiceKind.WEBHOOK: "/",
}
GLANCE_SECONDS = 5.0
CHECK_SECONDS = 10  # how old what the apps' own looks find may be on a kept page; the states themselves are never old
SLOW = 2.0  # seconds after which an answer counts as degraded
# Asked beside or instead of a path, by the kind of service: what is wrong with it in words, or nothing. Features register theirs.
_probes: dict[ServiceKind, Callable[[Service], str]] = {}


def register_probe(kind: ServiceKind, probe: Callable[[Service], str]) -> None:
    """Ask services of this kind by a function of the feature that speaks to them; it raises RemoteError where one does not answer."""
    _probes[kind] = probe


@dataclass(frozen=True)
class ServiceStatus:
    """One configured service and what is known of it; `state` is "unknown" before the first look."""

    service: Service
    state: str
    since: datetime | None
    checked_at: datetime | None
    detail: str
    page: str = ""  # where more about it stands
    stops: tuple[StopSwitch, ...] = ()  # what staff have stopped there

    @property
    def state_word(self) -> str:
        """The word whose tone and icon the state has on pages: that nobody has looked yet is nothing to worry about."""
        return self.state if self.state in ServiceState.State.values else "not checked yet"


@dataclass(frozen=True)
class Trouble:
    """What does not work at a service that answers, since when, and the page that says more."""

    detail: str
    since: datetime
    page: str = ""


Check = Callable[[Service], Trouble | None]
_checks: list[tuple[ServiceKind, Check]] = []


def register_check(kind: ServiceKind, check: Check) -> None:
    """An app's own look at services of a kind, from rows alone; the pages of services show what it finds."""
    _checks.append((kind, check))


def probe(service: Service) -> tuple[str, str]:
    """Ask one service how it is: its state and, where it is not well, why."""
    begin = time.monotonic()
    try:
        problem = _probes.get(service.kind, _answers_badly)(service)
    except http.RemoteError as error:
        return ServiceState.State.DOWN, str(error)
    seconds = time.monotonic() - begin
    if problem:
        return ServiceState.State.DEGRADED, problem
    if seconds > SLOW:
        return ServiceState.State.DEGRADED, _("Responds slowly: %(seconds)s s.") % {"seconds": decimal(f"{seconds:.1f}")}
    return ServiceState.State.UP, ""


def _answers_badly(service: Service) -> str:
    status = http.request(service, "GET", PROBES[service.kind], deadline=6.0).status
    return _("Responds with status %(status)s.") % {"status": status} if status >= 400 else ""


def check_all() -> None:
    """Check every configured service and store the results; an error in one check does not affect the others."""
    for item in services():
        try:
            state, detail = probe(item)
        except Exception:
            logger.exception("%s/%s could not be checked", item.kind, item.name)
            state, detail = ServiceState.State.DOWN, _("It could not be checked, because of an internal error of the portal.")
        row = ServiceState.objects.filter(kind=item.kind, name=item.name).first()
        (row or ServiceState(kind=item.kind, name=item.name)).seen(state, plain(detail))


def statuses() -> list[ServiceStatus]:
    """What is known of each configured service; no remote call."""
    pages.expires_in(CHECK_SECONDS)
    known = {(row.kind, row.name): row for row in ServiceState.objects.all()}
    checked = [_checked(item, known.get((item.kind, item.name))) for item in services()]
    return [replace(item, stops=tuple(stops_of(item.service.kind, item.service.name))) for item in checked]


_glance: tuple[float, list[tuple[str, str]]] = (float("-inf"), [])


def states_at_a_glance() -> list[tuple[str, str]]:
    """Title and state of each service, as they were within the last GLANCE_SECONDS: they are looked at less often than pages are."""
    global _glance
    seen_at, states = _glance
    if time.monotonic() - seen_at > GLANCE_SECONDS:
        states = [(item.service.title, item.state_word) for item in statuses()]
        _glance = time.monotonic(), states
    return states


def _checked(item: Service, row: ServiceState | None) -> ServiceStatus:
    """How a service answered, and what an app knows to be wrong with it; an outage explains everything else."""
    status = (
        ServiceStatus(item, row.state, row.since, row.checked_at, row.detail)
        if row
        else ServiceStatus(item, "unknown", None, None, _("Not checked yet."))
    )
    troubles = [found for kind, check in _checks if kind == item.kind and (found := _found_by(check, item))]
    if not troubles or status.state == ServiceState.State.DOWN:
        return status
    was_well = status.state != ServiceState.State.DEGRADED
    details = [*([] if was_well else [status.detail]), *(found.detail for found in troubles)]
    since = min(found.since for found in troubles) if was_well else status.since
    return replace(status, state=ServiceState.State.DEGRADED, since=since, detail=" ".join(details), page=troubles[0].page)


def _found_by(check: Check, item: Service) -> Trouble | None:
    """What an app's own check finds; an error in it becomes a trouble, because the status page has to work when something is wrong."""
    try:
        return check(item)
    except Exception:
        logger.exception("an app could not look at %s/%s", item.kind, item.name)
        return Trouble(_("Some details could not be read, because of an internal error of the portal."), timezone.now())


@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """Database and Redis answer: a load balancer may send people here."""
    checks = {"database": _database(), "redis": cache.answers()}
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Exception:  # noqa: BLE001 -- whatever it is, the answer is no
        return False
    return True


@login_not_required
@pages.public_page("services", STOPS)
def status_json(request: HttpRequest) -> JsonResponse:
    """The state of every service, for other portals and monitors."""
    found = [
        {
            "kind": item.service.kind,
            "name": item.service.name,
            "title": item.service.title,
            "state": item.state,
            "since": item.since,
            "checked_at": item.checked_at,
            "detail": item.detail,
            "stopped": [
                {"action": stop.action, "reason": stop.reason, "since": stop.starts_at, "until": stop.until, "text": stop.words}
                for stop in item.stops
            ],
            **({"page": request.build_absolute_uri(item.page)} if item.page else {}),
        }
        for item in statuses()
    ]
    isolation = isolation_status.status()
    return JsonResponse(
        {
            "services": found,
            "isolation": {
                "state": isolation.state,
                "since": isolation.since,
                "checked_at": isolation.checked_at,
                "detail": isolation.detail,
            },
            "announcements": [announcement(banner) for banner in banners.public_banners()],
        }
    )


@login_not_required
@pages.public_page("services", STOPS)
def status(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    return render(request, "status.html", {"statuses": statuses(), "isolation": isolation_status.status()})
