"""What of requests waits for a person: those that they may answer or carry out, and answers to their own."""

from collections.abc import Iterator

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from projects.models import Role
from projects.permissions import know_roles
from projects.requests.kinds import JOIN, heading_of
from projects.requests.models import Request
from projects.requests.permissions import answerable_by, not_handled_by_others, shown_title
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.staff_overview import StaffFigure
from vre_portal.text import plain

MAX_ITEMS = 20
State = Request.State


def to_answer(user: User) -> Iterator[AttentionItem]:
    """Requests that the person may answer, and approved ones that somebody has to carry out; what is assigned to others is theirs."""
    rows = not_handled_by_others(user, Request.objects.to_act().filter(answerable_by(user)))
    for row in rows.select_related("by", "project")[:MAX_ITEMS]:
        if row.kind == JOIN:
            title = _("%(name)s asks to join %(project)s") % {"name": plain(row.by), "project": plain(row.project)}
        elif row.is_open:
            title = _("%(name)s asks: %(request)s") % {"name": plain(row.by), "request": plain(heading_of(row))}
        else:
            title = _("To be carried out: %(request)s") % {"request": plain(heading_of(row))}
        detail = Truncator(plain(" ".join(row.text.split()))).chars(120)
        yield AttentionItem(title, row.get_absolute_url(), detail, row.created_at, "users" if row.kind == JOIN else "send", "request")


def answered(user: User) -> Iterator[AttentionItem]:
    """Answers and comments that the person has not seen yet."""
    written = Max("comments__created_at", filter=Q(comments__is_answer=False))
    rows = list(Request.objects.with_news_for(user).annotate(written_at=written).select_related("project")[:MAX_ITEMS])
    know_roles(user, [row.project for row in rows if row.project])
    for row in rows:
        title = joining_sentence(user, row) if row.kind == JOIN else sentence(row)
        yield AttentionItem(title, row.get_absolute_url(), "", row.answered_at, "mail", "answer")


def news_state(row: Request) -> State | None:
    """What the news is: the state, or None where the last thing was a comment."""
    return None if getattr(row, "written_at", None) == row.answered_at else State(row.state)


def joining_sentence(user: User, row: Request) -> str:
    """The result of a request to join."""
    sentences: dict[State | None, str] = {
        State.GRANTED: _("You joined %(project)s with the role %(role)s"),
        State.DECLINED: _("Your request to join %(project)s was declined"),
        State.CLOSED: _("Your request to join %(project)s was closed"),
    }
    text = sentences.get(news_state(row), _("New comment on your request to join %(project)s"))
    role = Role(row.granted_role).label if row.granted_role else ""
    return text % {"project": plain(shown_title(user, row)), "role": role}


def sentence(row: Request) -> str:
    """The result of any other request."""
    sentences: dict[State | None, str] = {
        State.APPROVED: _("Approved: %(request)s"),
        State.GRANTED: _("Granted: %(request)s"),
        State.DECLINED: _("Declined: %(request)s"),
        State.CLOSED: _("Closed: %(request)s"),
    }
    return sentences.get(news_state(row), _("New comment: %(request)s")) % {"request": plain(heading_of(row))}


def staff_problems() -> Iterator[StaffFigure]:
    """Requests that nobody has answered or carried out yet."""
    counts = Request.objects.to_act().aggregate(joining=Count("pk", filter=Q(kind=JOIN)), others=Count("pk", filter=~Q(kind=JOIN)))
    yield StaffFigure(_("Open requests to join projects"), counts["joining"])
    yield StaffFigure(_("Other requests that wait"), counts["others"], f"{reverse('requests:index')}?whose=others&state=unfinished")
