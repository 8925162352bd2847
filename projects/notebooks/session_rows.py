"""Sessions as lists show them: how long they are idle and when the hub ends them, as far as its options say so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from projects.notebooks.models import Session
from projects.notebooks.notices import IDLE, ends_of
from vre_portal.services import Service, ServiceKind, UnknownService, service


@dataclass(frozen=True)
class SessionRow:
    """A session, the title of its hub, and its end, where that is known."""

    session: Session
    hub_title: str
    ends_at: datetime | None = None
    ends_when_idle: bool = False  # the end moves whenever the session is used


def rows_of(sessions: Iterable[Session]) -> Iterator[SessionRow]:
    """The rows of some sessions; a hub that is no longer configured is called by its name."""
    hub_named = cache(_hub)
    for session in sessions:
        hub = hub_named(session.hub)
        ends = sorted(ends_of(hub, session), key=lambda end: end.at) if hub and session.is_ready else []
        title = hub.title if hub else session.hub
        yield SessionRow(session, title, ends[0].at, ends[0].option == IDLE) if ends else SessionRow(session, title)


def _hub(name: str) -> Service | None:
    try:
        return service(ServiceKind.JUPYTERHUB, name)
    except UnknownService:
        return None
