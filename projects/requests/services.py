"""Asking, writing in the thread, withdrawing and closing; deciding is in `deciding`. Each step is in the audit log."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.models import Project, Role
from projects.requests import notices, outcomes
from projects.requests.attachments import CheckedFile, attach
from projects.requests.checks import (
    RequestRefused,
    closed_words,
    locked,
    require_open,
    require_project,
)
from projects.requests.deciding import BEFORE_WORK, approve, decline, grant
from projects.requests.kinds import JOIN, RequestKind, Scope, kind_of
from projects.requests.models import Request, RequestAct, RequestComment
from projects.requests.permissions import can_answer
from projects.requests.recording import note
from projects.requests.values import lines
from vre_portal.iam.models import User
from vre_portal.text import storable

__all__ = ["JOIN", "MAX_COMMENTS", "MAX_OPEN", "RequestRefused", "approve", "closed_words", "decline", "grant"]
MAX_COMMENTS = 100  # of one request
MAX_OPEN = 20  # requests of one person
State = Request.State


def existing_join_request(user: User, project: Project) -> Request | None:
    """The person's open request to join the project."""
    return Request.objects.open().filter(by=user, project=project, kind=JOIN).first()


def ask_to_join(*, by: User, project: Project, role: str, text: str, key: uuid.UUID) -> Request:
    """Ask the leads; asking again while a request is open gives that one."""
    return open_request(by=by, kind=kind_of(JOIN), project=project, values={"role": role}, text=text, key=key, asked_role=role)


@transaction.atomic
def open_request(
    *,
    by: User,
    kind: RequestKind,
    project: Project | None = None,
    values: Mapping[str, Any] | None = None,
    text: str,
    key: uuid.UUID,
    files: Sequence[CheckedFile] = (),
    asked_role: str = "",
    title: str = "",
    notice_group: str = "",
) -> Request:
    """Ask for something; asking again while such a request is unfinished gives that one. Raises RequestRefused.

    `values` are those of the kind's form, see `RequestValuesForm.values`. `title` takes the place of the one that the kind makes of them;
    the notices of requests with the same `notice_group` are one line of an inbox.
    """
    values = dict(values or {})
    # One request at a time of each person; who gives them a role meanwhile may point to their row.
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    subject = kind.subject_of(values, project)[:300]
    unfinished = Request.objects.unfinished().filter(by=by)
    if existing := Request.objects.filter(by=by, key=key, kind=kind.key, project=project).first():
        return existing
    same: dict[str, Any] = {"subject": subject} if subject else {"project": project, "values": values, "text": lines(text)}
    if existing := unfinished.filter(kind=kind.key, **same).first():
        return existing
    if Request.objects.filter(by=by, key=key).exists():
        raise RequestRefused(_("This form was used already for another project. Open the project's page, then ask again."))
    if project is None and kind.scope is Scope.PROJECT:
        raise RequestRefused(_("Choose the project that the request is about."))
    if project is not None:
        require_project(project)
    if not person.is_active:
        raise RequestRefused(_("Your account is closed."))
    if reason := kind.may_open(by, project):
        raise RequestRefused(reason)
    if unfinished.count() >= MAX_OPEN:
        message = _("You can have %(limit)s open requests. Withdraw one, or wait for an answer.")
        raise RequestRefused(message % {"limit": MAX_OPEN})
    request = Request.objects.create(
        by=by,
        kind=kind.key,
        subject=subject,
        title=storable(title or kind.title_of(values, project))[:200],
        values=values,
        project=project,
        project_title=project.title if project else "",
        asked_role=asked_role,
        text=lines(text),
        key=key,
    )
    attach(by, request, files)
    notices.opened(request, notice_group)
    note("opened", by, request, **({"role": asked_role} if asked_role else {}))
    return request


@transaction.atomic
def comment(*, by: User, request: Request, text: str, key: uuid.UUID, files: Sequence[CheckedFile] = ()) -> RequestComment:
    """Add to the thread without deciding the request, also after it was decided."""
    row = locked(request)
    if existing := RequestComment.objects.filter(request=row, key=key, by=by).first():
        return existing
    if reason := closed_words(row):
        raise RequestRefused(reason)
    answers = can_answer(User.objects.get(pk=by.pk), row)
    if row.by_id != by.pk and not answers:
        raise RequestRefused(_("You can no longer answer this request."))
    if row.locked and not answers:
        raise RequestRefused(_("The thread is locked: only the people who answer this request can write in it."))
    if RequestComment.objects.filter(request=row).count() >= MAX_COMMENTS:
        message = _("A request can have %(limit)s comments. Answer the request, or write an e-mail.")
        raise RequestRefused(message % {"limit": MAX_COMMENTS})
    line = RequestComment.objects.create(request=row, by=by, text=lines(text), key=key)
    attach(by, row, files, comment=line)
    if by.pk != row.by_id:
        Request.objects.filter(pk=row.pk).update(answered_at=line.created_at)
    notices.commented(row, line)
    note("commented", by, row)
    return line


@transaction.atomic
def withdraw(*, by: User, request: Request) -> None:
    """Take back one's own request, unless the portal is carrying it out; withdrawing again changes nothing."""
    row = locked(request)
    if row.by_id == by.pk and row.state == State.WITHDRAWN:
        return
    if row.by_id != by.pk:
        raise RequestRefused(_("Only the person who made the request can withdraw it."))
    was_approved = row.can_be_ended
    if not was_approved:
        require_open(row)
    row.move(to=State.WITHDRAWN, before=BEFORE_WORK, decided_by=by, decided_at=timezone.now(), needs_hand=False)
    outcomes.take_over(row, state=RequestAct.State.DONE)
    notices.settled(row)
    if was_approved:
        notices.withdrawn(row)
    note("withdrawn", by, row)


def settle(project: Project, user: User, role: Role, by: User) -> None:
    """Somebody was given a role in another way: their open request is granted with it."""
    for row in Request.objects.open().filter(project=project, by=user, kind=JOIN):
        now = timezone.now()
        if row.move(to=State.GRANTED, decided_by=by, decided_at=now, granted_role=role, answered_at=now):
            notices.decided(row, by)
            note("granted", by, row, role=role)


def close_all(project: Project, by: User | None, words: str) -> None:
    """End all requests of a project that is archived or deleted and that nobody is carrying out, with the reason in their threads."""
    with transaction.atomic():
        rows = Request.objects.filter(state__in=BEFORE_WORK, project=project).select_related("by", "project")
        closed = [row for row in rows.select_for_update(of=("self",)) if outcomes.close(row, by, words, before=BEFORE_WORK)]
        for row in closed:
            note("closed", by, row)


def mark_seen(*, by: User, request: Request) -> None:
    """The person has looked at the request: at the answer to their own, and at what they were told of it."""
    if request.by_id == by.pk:
        Request.objects.with_news_for(by).filter(pk=request.pk).update(seen_at=timezone.now())
    if getattr(request, "has_notices", True):
        notices.mark_read(request, by)
