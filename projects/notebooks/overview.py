"""What the dashboard says of notebook sessions: to their person, and to staff."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.models import Project
from projects.notebooks.models import Session
from vre_portal import attention, staff_overview
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.staff_overview import StaffFigure, StaffSection
from vre_portal.text import distance

WARN_BEFORE = timedelta(minutes=30)  # of the end of a session that is not used
DAY = timedelta(hours=24)


def waiting_sessions(user: User) -> Iterator[AttentionItem]:
    """Sessions that wait for the person to sign in, that end soon because nobody uses them, and that failed to start in the last day."""
    failed = Q(state=Session.State.FAILED, ended_at__gte=timezone.now() - DAY)
    rows = Session.objects.filter(Q(state__in=(Session.State.SIGN_IN, Session.State.READY)) | failed, by=user)
    for session in rows.filter(project__in=Project.objects.mine(user)).select_related("project"):
        item = _item(session)
        if item is not None:
            yield item


def _item(session: Session) -> AttentionItem | None:
    """None for a session that runs and is in use."""
    if session.state == Session.State.SIGN_IN:
        title = _("The notebook of %(project)s waits for your sign-in")
        return _about(session, title, session.message, session.asked_at)
    if session.state == Session.State.FAILED:
        return _about(session, _("The notebook of %(project)s did not start"), session.message, session.ended_at)
    if end := ends_at(session):
        detail = _("It is not in use and is stopped %(when)s. Open it to continue.") % {"when": distance(end, timezone.now())}
        return _about(session, _("The notebook of %(project)s is about to end"), detail, session.active_at)
    return None


def _about(session: Session, title: str, detail: str, since: datetime | None) -> AttentionItem:
    return AttentionItem(title % {"project": session.project.title}, session.get_absolute_url(), detail, since, "notebook", "session")


def ends_at(session: Session) -> datetime | None:
    """When the hub stops a session that is not used, if that is within half an hour; None where it is later or not known."""
    try:
        minutes = int(service(ServiceKind.JUPYTERHUB, session.hub).options.get("idle_minutes") or 0)
    except UnknownService:
        return None
    used_at = session.active_at or session.started_at
    if not minutes or used_at is None:
        return None
    end = used_at + timedelta(minutes=minutes)
    return end if timezone.now() >= end - min(WARN_BEFORE, timedelta(minutes=minutes) / 2) else None


def staff_figures() -> Iterator[StaffFigure]:
    """Sessions that run."""
    yield StaffFigure(_("Running notebooks"), Session.objects.alive().count())


def staff_problems() -> Iterator[StaffFigure]:
    """Sessions that did not start in the last day."""
    failed = Session.objects.filter(state=Session.State.FAILED, ended_at__gte=timezone.now() - DAY)
    yield StaffFigure(_("Notebooks that did not start"), failed.count())


def register_sources() -> None:
    """Tell the dashboard whom to ask."""
    attention.register(waiting_sessions)
    staff_overview.register(StaffSection.FIGURES, staff_figures)
    staff_overview.register(StaffSection.PROBLEMS, staff_problems)
