"""What of requests waits for a person: those that they may answer, and answers to their own."""

from collections.abc import Iterator

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from projects.models import Role
from projects.permissions import know_roles
from projects.requests.models import Request
from projects.requests.permissions import answerable_by, shown_title
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User
from vre_portal.staff_overview import StaffFigure
from vre_portal.text import plain

MAX_ITEMS = 20
State = Request.State


def to_answer(user: User) -> Iterator[AttentionItem]:
    """Open requests in projects that the person leads."""
    rows = Request.objects.to_act().filter(answerable_by(user)).select_related("by", "project")[:MAX_ITEMS]
    for row in rows:
        title = _("%(name)s asks to join %(project)s") % {"name": plain(row.by), "project": plain(row.project)}
        detail = Truncator(plain(" ".join(row.text.split()))).chars(120)
        yield AttentionItem(title, row.get_absolute_url(), detail, row.created_at, "users", "request")


def answered(user: User) -> Iterator[AttentionItem]:
    """Answers and comments that the person has not seen yet."""
    rows = list(Request.objects.with_news_for(user).select_related("project")[:MAX_ITEMS])
    know_roles(user, [row.project for row in rows if row.project])
    sentences = {
        State.GRANTED: _("You joined %(project)s with the role %(role)s"),
        State.DECLINED: _("Your request to join %(project)s was declined"),
        State.CLOSED: _("Your request to join %(project)s was closed"),
    }
    for row in rows:
        sentence = sentences.get(State(row.state), _("New comment on your request to join %(project)s"))
        role = Role(row.granted_role).label if row.granted_role else ""
        title = sentence % {"project": plain(shown_title(user, row)), "role": role}
        yield AttentionItem(title, row.get_absolute_url(), "", row.answered_at, "mail", "answer")


def staff_problems() -> Iterator[StaffFigure]:
    """Requests that no lead has answered yet."""
    yield StaffFigure(_("Open requests to join projects"), Request.objects.open().count())
