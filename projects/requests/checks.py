"""What has to hold before a request is changed: the request locked as it is now, open, and answered by those who may."""

from contextlib import suppress

from django.utils.translation import gettext as _

from projects import closing_hooks
from projects.locking import ProjectClosed, open_project_locked
from projects.models import Project
from projects.requests.kinds import RequestKind, UnknownKind, kind_of
from projects.requests.models import Request
from projects.requests.permissions import can_answer
from vre_portal.iam.models import User

State = Request.State


class RequestRefused(Exception):
    """It cannot be done; the text says why, for the person who tried."""


def locked(request: Request) -> Request:
    """The request as it is now. Its project is locked first, as those do who archive or delete it and then close its requests."""
    if request.project is not None:
        with suppress(ProjectClosed):  # the row of the request says it too: it was closed with the project
            open_project_locked(request.project)
    row = Request.objects.select_for_update(of=("self",)).select_related("project", "by").filter(pk=request.pk).first()
    if row is None:
        raise RequestRefused(_("This request no longer exists: the person who made it has deleted their account."))
    return row


def closed_words(request: Request) -> str:
    """Why an open request cannot be answered any more; empty where it can."""
    if request.project is None:
        return _("The project was deleted. This request is closed.") if request.project_title else ""
    if request.project.deleted_at is not None:
        return _("The project was deleted. This request is closed.")
    return closing_hooks.closed_reason(request.project)


def require_project(project: Project) -> None:
    """The project takes requests at this moment, and until this transaction ends."""
    try:
        closing_hooks.require_open_locked(project)
    except ProjectClosed as closed:
        raise RequestRefused(str(closed)) from closed


def require_open(row: Request) -> None:
    """Nobody has decided it yet, and its project takes decisions."""
    require_not_in_hand(row)
    if not row.is_open:
        raise RequestRefused(_("This request has been answered or withdrawn in the meantime. Nothing was changed."))
    if reason := closed_words(row):
        raise RequestRefused(reason)


def require_not_in_hand(row: Request) -> None:
    """No worker is carrying it out at this moment."""
    if row.state == State.ACTING:
        raise RequestRefused(_("The portal is carrying out this request at the moment. Nothing was changed. Try again in a minute."))


def require_answerer(by: User, row: Request) -> User:
    """The person as they are known now, who can answer the request."""
    now = User.objects.get(pk=by.pk)
    if not can_answer(now, row):
        raise RequestRefused(_("You can no longer answer this request."))
    return now


def known_kind(row: Request) -> RequestKind:
    """The kind of a request; raises RequestRefused where the portal no longer has it."""
    try:
        return kind_of(row.kind)
    except UnknownKind:
        text = _("The portal no longer knows this kind of request, so it cannot be approved. You can decline it.")
        raise RequestRefused(text) from None
