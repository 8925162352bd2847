"""Servers at a hub that belong to no session of the portal: each becomes a session, or is stopped, with the reason in the audit log."""

import logging
import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.notebooks import grants, jupyterhub, notices, server_names
from projects.notebooks.grants import Decision
from projects.notebooks.hub_answers import Server
from projects.notebooks.jupyterhub import Running
from projects.notebooks.models import FoundServer, Session
from projects.permissions import Permission, can
from vre_portal.audit import record
from vre_portal.services import Service, ServiceKind, service
from vre_portal.text import storable

logger = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=90)  # how long a found server that is gone is remembered
LONGEST_NAME = 255


def note(hub: Service, listing: Running, known: set[tuple[str, str]]) -> list[int]:
    """Store the servers of a listing that belong to no session, and return the keys of their rows. `known` are the servers of sessions."""
    open_rows = {(row.user_name, row.server): row.pk for row in FoundServer.objects.filter(hub=hub.name, ended_at=None)}
    seen: list[int] = []
    for place, server in listing.servers.items():
        if place in known or server.pending == "stop":
            continue
        if max(map(len, place)) > LONGEST_NAME or place != tuple(map(storable, place)):
            logger.warning("%s runs a server whose name no row can hold: %r", hub.name, str(place)[:200])
            continue
        seen.append(open_rows.get(place) or _noted(hub, place))
    if listing.is_whole:
        FoundServer.objects.filter(hub=hub.name, ended_at=None).exclude(pk__in=seen).update(ended_at=timezone.now())
    FoundServer.objects.filter(ended_at__lt=timezone.now() - KEPT_FOR).delete()
    return seen


def settle(pk: int) -> None:
    """Make a found server a session, or ask the hub to stop it, after checking everything again. Raises RemoteError."""
    row = FoundServer.objects.filter(pk=pk, ended_at=None).first()
    if row is None:
        return
    hub = service(ServiceKind.JUPYTERHUB, row.hub)
    server = _running(hub, row)
    decision = grants.decide(hub, row.user_name, row.server)
    if server is None or _session_of(row, decision):
        row.is_over()
    elif _may_stay(decision):
        _adopt(row, decision, server)
    elif hub.options.get("shared") and not (decision.by and decision.project):
        return  # the hub serves others than the portal's people, too
    else:
        _stop(hub, row, decision)


def _noted(hub: Service, place: tuple[str, str]) -> int:
    user_name, server = place
    row, _created = FoundServer.objects.get_or_create(hub=hub.name, user_name=user_name, server=server, ended_at=None)
    return row.pk


def _running(hub: Service, row: FoundServer) -> Server | None:
    try:
        server = jupyterhub.server_state(hub, row.user_name, row.server)
    except jupyterhub.SignInNeeded:  # the hub forgot the person
        return None
    return None if server is None or server.pending == "stop" else server


def _session_of(row: FoundServer, decision: Decision) -> bool:
    living = Session.objects.alive().filter(hub=row.hub, server=row.server)
    return decision.by is not None and living.filter(by=decision.by).exists()


def _may_stay(decision: Decision) -> bool:
    """Whether the last known groups of the person allow it; people who signed out keep running servers, and nothing new starts for them."""
    by, project = decision.by, decision.project
    return by is not None and project is not None and can(by, project, Permission.NOTEBOOK)


def _adopt(row: FoundServer, decision: Decision, server: Server) -> None:
    """Make it a session of its person, who can then see and stop it in the portal; a server that is still starting is left for the next check."""
    by, project = decision.by, decision.project
    if not server.ready or by is None or project is None:
        return
    words = _("It was started directly in JupyterHub.")
    name = server_names.name_in(row.server, project.slug)
    facts = {"name": name, "path": server.path[:300], "started_at": server.started_at or timezone.now(), "active_at": server.active_at}
    try:
        with transaction.atomic():
            Session.objects.create(
                by=by, project=project, hub=row.hub, key=uuid.uuid4(), server=row.server, state=Session.State.READY,
                progress=100, message=words, checked_at=timezone.now(), **facts,
            )  # fmt: skip
            row.became(FoundServer.Outcome.ADOPTED, words, by)
            row.is_over()
            record("notebook.adopt", by=None, subject=f"project/{project.slug}", hub=row.hub, whose=by, why=words)
    except IntegrityError:  # the person opened one in this very moment
        row.is_over()


def _stop(hub: Service, row: FoundServer, decision: Decision) -> None:
    """Ask the hub to stop it each time it is seen; record the reason once, also among the person's sessions of the project."""
    with transaction.atomic():
        if row.became(FoundServer.Outcome.STOPPED, decision.reason, decision.by):
            _tell(row, decision)
    jupyterhub.stop_server(hub, row.user_name, row.server)


def _tell(row: FoundServer, decision: Decision) -> None:
    by, project = decision.by, decision.project
    may_know = by is not None and project is not None and can(by, project, Permission.VIEW)  # a name may be a guess
    what = _("It was started directly in JupyterHub and was stopped.")
    words = storable(f"{what} {decision.reason}")[:300]
    if by and project and may_know:
        session = Session.objects.create(
            by=by, project=project, hub=row.hub, key=uuid.uuid4(), server=row.server, state=Session.State.STOPPED,
            message=words, why=words, checked_at=timezone.now(), ended_at=timezone.now(),
        )  # fmt: skip
        notices.stopped_by(session, None)
    subject = f"project/{project.slug}" if project else f"hub/{row.hub}"
    record("notebook.stop", by=None, subject=subject, hub=row.hub, whose=by, server=row.server[:80], why=decision.reason)
