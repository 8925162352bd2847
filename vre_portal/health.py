"""Whether the portal lives, whether it can serve, and how the services behind it are."""

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

from vre_portal import cache, http
from vre_portal.models import ServiceState
from vre_portal.services import Service, ServiceKind, services
from vre_portal.text import plain

logger = logging.getLogger(__name__)
PROBES = {
    ServiceKind.IAM: ".well-known/openid-configuration",
    ServiceKind.RUCIO: "/ping",
    ServiceKind.JUPYTERHUB: "/hub/api/",
    ServiceKind.ZENODO: "/oai2d?verb=Identify",
    ServiceKind.TAP: "/availability",
}
SLOW = 2.0  # seconds after which an answer counts as degraded
# Asked beside or instead of a path, by the kind of service: what is wrong with it in words, or nothing. Features register theirs.
_probes: dict[ServiceKind, Callable[[Service], str]] = {}


def register_probe(kind: ServiceKind, probe: Callable[[Service], str]) -> None:
    """Ask services of this kind by a function of the feature that speaks to them; it raises RemoteError where one does not answer."""
    _probes[kind] = probe


@dataclass(frozen=True)
class Status:
    """One configured service and what is known of it; `state` is "unknown" before the first look."""

    service: Service
    state: str
    since: datetime | None
    checked_at: datetime | None
    detail: str
    page: str = ""  # where more about it stands


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
        return ServiceState.State.DEGRADED, f"Answers slowly: {seconds:.1f} s."
    return ServiceState.State.UP, ""


def _answers_badly(service: Service) -> str:
    status = http.request(service, "GET", PROBES[service.kind], deadline=6.0).status
    return f"Answers with status {status}." if status >= 400 else ""


def check_all() -> None:
    """Look at every configured service and remember what was seen; one that cannot be looked at costs only itself."""
    for item in services():
        try:
            state, detail = probe(item)
        except Exception:
            logger.exception("%s/%s could not be checked", item.kind, item.name)
            state, detail = ServiceState.State.DOWN, "It could not be checked, because of an error of the portal's own."
        row = ServiceState.objects.filter(kind=item.kind, name=item.name).first()
        (row or ServiceState(kind=item.kind, name=item.name)).seen(state, plain(detail))


def statuses() -> list[Status]:
    """What is known of each configured service; no remote call."""
    known = {(row.kind, row.name): row for row in ServiceState.objects.all()}
    return [_checked(item, known.get((item.kind, item.name))) for item in services()]


def _checked(item: Service, row: ServiceState | None) -> Status:
    """How a service answered, and what an app knows to be wrong with it; an outage explains everything else."""
    status = (
        Status(item, row.state, row.since, row.checked_at, row.detail) if row else Status(item, "unknown", None, None, "Not looked at yet.")
    )
    troubles = [found for kind, check in _checks if kind == item.kind and (found := _found_by(check, item))]
    if not troubles or status.state == ServiceState.State.DOWN:
        return status
    was_well = status.state != ServiceState.State.DEGRADED
    details = [*([] if was_well else [status.detail]), *(found.detail for found in troubles)]
    since = min(found.since for found in troubles) if was_well else status.since
    return replace(status, state=ServiceState.State.DEGRADED, since=since, detail=" ".join(details), page=troubles[0].page)


def _found_by(check: Check, item: Service) -> Trouble | None:
    """What an app's own look finds; one that fails costs only itself, for the page of services has to be there when something is wrong."""
    try:
        return check(item)
    except Exception:
        logger.exception("an app could not look at %s/%s", item.kind, item.name)
        return Trouble("Part of what is known of it could not be read, because of an error of the portal's own.", timezone.now())


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
            **({"page": request.build_absolute_uri(item.page)} if item.page else {}),
        }
        for item in statuses()
    ]
    return JsonResponse({"services": found})


@login_not_required
def status(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    return render(request, "status.html", {"statuses": statuses()})
