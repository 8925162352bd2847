"""Asking, writing in the thread, and deciding; each step is in the audit log."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.models import Project, Role
from projects.requests import notices, outcomes, tasks
from projects.requests.attachments import CheckedFile, attach
from projects.requests.checks import (
    RequestRefused,
    closed_words,
    known_kind,
    locked,
    require_answerer,
    require_open,
    require_project,
)
from projects.requests.kinds import JOIN, ActResult, RequestKind, Scope, kind_of
from projects.requests.models import Request, RequestAct, RequestComment
from projects.requests.permissions import can_answer
from projects.requests.recording import What, add_event, note
from projects.requests.values import lines
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused
from vre_portal.text import storable

__all__ = ["JOIN", "MAX_COMMENTS", "MAX_OPEN", "RequestRefused", "closed_words"]
MAX_COMMENTS = 100  # of one request
MAX_OPEN = 20  # requests of one person
State = Request.State
# From which an approver may still decline: it is open, or approved and nobody has carried it out.
DECLINABLE = (State.OPEN, State.ACT_FAILED, State.APPROVED)


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
    if subject and (existing := unfinished.filter(kind=kind.key, subject=subject).first()):
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
    """Add to the thread of a request that is not finished, without deciding it."""
    row = locked(request)
    if existing := RequestComment.objects.filter(request=row, key=key, by=by).first():
        return existing
    if not row.is_unfinished:
        require_open(row)
    if row.is_open and (reason := closed_words(row)):
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
    """Take back one's own request; withdrawing again changes nothing."""
    row = locked(request)
    if row.by_id == by.pk and row.state == State.WITHDRAWN:
        return
    if row.by_id != by.pk:
        raise RequestRefused(_("Only the person who made the request can withdraw it."))
    require_open(row)
    row.move(to=State.WITHDRAWN, decided_by=by, decided_at=timezone.now())
    note("withdrawn", by, row)


def grant(*, by: User, request: Request, role: str, text: str = "") -> Role:
    """Let the person into the project, and return the role that they have then; granting again changes nothing."""
    return Role(approve(by=by, request=request, text=text, decision={"role": role}).granted_role)


@transaction.atomic
def approve(*, by: User, request: Request, text: str = "", decision: Mapping[str, Any] | None = None) -> Request:
    """Say yes: the portal carries it out, or somebody does by hand; approving again changes nothing. Raises RequestRefused."""
    row = locked(request)
    if row.decided_by_id == by.pk and row.state in (State.GRANTED, State.APPROVED, State.ACTING, State.ACT_FAILED):
        return row
    require_open(row)
    now, approver, kind = timezone.now(), require_answerer(by, row), known_kind(row)
    if not row.by.is_active:
        raise RequestRefused(_("The person who made this request may no longer use this portal. You can decline it."))
    facts: dict[str, Any] = {"decided_by": by, "decided_at": now, "answered_at": now, "decision": dict(decision or {})}
    row.move(to=State.APPROVED, **facts)
    _answer(row, by, text)
    if kind.act is None or not kind.can_act(row):
        row.move(to=State.APPROVED, before=(State.APPROVED,), needs_hand=True)
        _is_approved(row, by)
    elif kind.is_local:
        outcomes.carried_out(row, by, _act_at_once(kind, row, approver))
        row.refresh_from_db(fields=["granted_role", "project"])
    else:
        RequestAct.objects.update_or_create(request=row, defaults={"by": by, "state": RequestAct.State.WAITING, "problem": ""})
        _is_approved(row, by)
        enqueue(tasks.act, RequestAct.objects.values_list("pk", flat=True).get(request=row))
    return row


def _is_approved(row: Request, by: User) -> None:
    add_event(What.APPROVED, by, row)
    notices.decided(row, by)
    note("approved", by, row)


def _act_at_once(kind: RequestKind, row: Request, approver: User) -> ActResult:
    """Within the transaction of the approval: nothing of both is kept where it is refused."""
    if kind.act is None:
        return ActResult()
    try:
        return kind.act(row, approver)
    except Refused as refused:
        raise RequestRefused(str(refused)) from refused


@transaction.atomic
def decline(*, by: User, request: Request, text: str, after_all: bool = False) -> None:
    """Say no, with words for the person; declining again changes nothing.

    `after_all` takes back an approval that nobody has carried out; without it, who decides from an old page changes nothing.
    """
    row = locked(request)
    if row.state == State.DECLINED and row.decided_by_id == by.pk:
        return
    before: Collection[str] = (State.OPEN,)
    if row.waits_for_hand:
        if not after_all:
            raise RequestRefused(_("This request was granted in the meantime. Nothing was changed. Refresh the page to see who did it."))
        before = DECLINABLE
    else:
        require_open(row)
    require_answerer(by, row)
    now = timezone.now()
    row.move(to=State.DECLINED, before=before, decided_by=by, decided_at=now, answered_at=now, needs_hand=False)
    _answer(row, by, text)
    notices.decided(row, by)
    note("declined", by, row)


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
        for row in Request.objects.filter(state__in=DECLINABLE, project=project).select_for_update(of=("self",)):
            now = timezone.now()
            facts: dict[str, Any] = {"decided_by": by, "decided_at": now, "answered_at": now, "needs_hand": False}
            if row.move(to=State.CLOSED, before=DECLINABLE, **facts):
                RequestComment.objects.create(request=row, by=None, text=words, is_answer=True)
                notices.decided(row, by)
                note("closed", by, row)


def mark_seen(*, by: User, request: Request) -> None:
    """The person has looked at the answer to their own request."""
    Request.objects.with_news_for(by).filter(pk=request.pk).update(seen_at=timezone.now())


def _answer(row: Request, by: User, text: str) -> None:
    if text:
        RequestComment.objects.create(request=row, by=by, text=lines(text), is_answer=True)
