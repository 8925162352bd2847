"""What people are told of their notebook sessions: that one did not start, ends soon, or was ended by others."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.notebooks.models import Session
from vre_portal.iam.models import User
from vre_portal.jobs import changes
from vre_portal.notices import kinds
from vre_portal.notices.batches import one_of_many
from vre_portal.notices.kinds import Delivery, NoticeKind
from vre_portal.notices.services import notify, unreported
from vre_portal.search import audiences
from vre_portal.services import Service

SECTION = gettext_lazy("Notebooks")
FAILED = NoticeKind("notebooks.failed", gettext_lazy("A notebook did not start"), SECTION, icon="circle-x")
ENDED = NoticeKind("notebooks.ended", gettext_lazy("A notebook was stopped by somebody else, or by the hub"), SECTION, icon="circle-stop")
ENDS_SOON = NoticeKind(
    "notebooks.ends_soon", gettext_lazy("A notebook ends in 24 hours, or in one hour"), SECTION, Delivery.MAIL, "hourglass"
)
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
MAX_AGE, IDLE = "max_age_minutes", "idle_minutes"  # options of a hub: what its culler does


def register() -> None:
    """Make the kinds known, and watch the states of sessions."""
    for kind in (FAILED, ENDED, ENDS_SOON):
        kinds.register(kind)
    changes.register(Session, "state", session_moved)


def session_moved(session: Session) -> None:
    """A worker gave the session another state."""
    facts = Session.objects.filter(pk=session.pk).values("message", "why").get()  # the worker may have written an expression
    if session.state == Session.State.FAILED:
        _report(FAILED, session, _key(session), _("The notebook of %(project)s did not start"), facts["message"])
    elif session.state == Session.State.STOPPED and not facts["why"]:  # nobody asked for it
        _report(ENDED, session, _key(session), _("The notebook of %(project)s ended"), facts["message"])


def stopped_by(session: Session, by: User | None) -> None:
    """Somebody else asked for its end, or nobody did: the person may no longer use notebooks there, nor see the project."""
    if by is not None and by.pk == session.by_id:
        return
    lost = _("You no longer have access to its project, or the identity service ended your sign-in. Files that you saved are kept.")
    notify(
        ENDED.key,
        _key(session),
        title=_("A notebook of yours was stopped"),
        text=_("An administrator or a lead of its project stopped it. Files that you saved are kept.") if by else lost,
        url=reverse("projects:dashboard"),
        audience=audiences.rule(audiences.person(session.by_id)),
        to=[session.by_id],
        actor=by,
    )


def report_ends(hub: Service) -> None:
    """Tell people of sessions at a hub that end within 24 hours or one hour, as far as the options of the hub say when they do."""
    if not any(_minutes(hub, option) for option in (MAX_AGE, IDLE)):
        return
    running = Session.objects.filter(state=Session.State.READY, hub=hub.name).select_related("project")
    due = {key: (session, end) for session in running for end in ends_of(hub, session) if (key := _key_of_end(session, end))}
    for key in sorted(unreported(ENDS_SOON.key, due)):
        session, end = due[key]
        with one_of_many(f"the end of session {session.pk}"):
            _report_end(session, end, key)


def _report_end(session: Session, end: "SessionEnd", key: str) -> None:
    title = _("The notebook of %(project)s ends soon")
    text = _("The hub stops it at %(time)s. Save your work.")
    if end.option == IDLE:
        text = _("It is not in use, and the hub stops it at %(time)s. Open it to continue.")
    _report(ENDS_SOON, session, key, title, text % {"time": f"{format_date(end.at, 'j M Y, H:i')} UTC"})


@dataclass(frozen=True)
class SessionEnd:
    """When the hub ends a session, by which option, and how long a session lasts by it."""

    at: datetime
    option: str
    lasts: timedelta


def ends_of(hub: Service, session: Session) -> Iterator[SessionEnd]:
    """When the hub ends a session that is not used from now on; nothing where its options do not say so."""
    for option, begin in ((MAX_AGE, session.started_at), (IDLE, session.active_at or session.started_at)):
        lasts = timedelta(minutes=_minutes(hub, option))
        if lasts and begin:
            yield SessionEnd(begin + lasts, option, lasts)


def _key_of_end(session: Session, end: SessionEnd) -> str:
    """What is to be told now: a day before if sessions last for two, and an hour before, or half of what they last; empty for nothing.

    A session that is not used several times on a day is told of once.
    """
    left, key = end.at - timezone.now(), f"{_key(session)}:{end.option}:{end.at:%Y%m%d}"
    if left <= timedelta(0):
        return ""
    if left <= min(HOUR, end.lasts / 2):
        return f"{key}T{end.at:%H}:1"  # an end that was put off by hours is told again
    return f"{key}:24" if left <= DAY and end.lasts >= 2 * DAY else ""


def _minutes(hub: Service, option: str) -> float:
    return float(hub.options.get(option) or 0)


def _key(session: Session) -> str:
    """Another one when the session is opened again."""
    return f"session:{session.pk}:{session.asked_at:%Y%m%dT%H%M%S.%f}"


def _report(kind: NoticeKind, session: Session, key: str, title: str, text: str) -> None:
    """Tell the person whose session it is, while they see the project."""
    notify(
        kind.key,
        key,
        title=title % {"project": session.project},
        text=text,
        url=session.get_absolute_url(),
        audience=audiences.rule([audiences.person(session.by_id), audiences.condition("project", session.project_id)]),
        to=[session.by_id],
        data={"project": session.project.slug, "status": session.state},
    )
