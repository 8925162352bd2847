"""Asking to join a project, writing in the thread, and deciding; each step is in the audit log."""

import uuid
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects import closing_hooks
from projects.locking import ProjectClosed, open_project_locked
from projects.models import Project, Role
from projects.people import services as people
from projects.permissions import role_of
from projects.requests.models import ProjectRequest, RequestComment
from projects.requests.permissions import can_answer
from vre_portal.audit import record
from vre_portal.iam.models import User

MAX_COMMENTS = 100  # of one request
MAX_OPEN = 20  # requests of one person
State = ProjectRequest.State


class RequestRefused(Exception):
    """It cannot be done; the text says why, for the person who tried."""


def open_request(user: User, project: Project) -> ProjectRequest | None:
    """The person's open request to join the project."""
    return ProjectRequest.objects.open().filter(by=user, project=project, kind=ProjectRequest.Kind.JOIN).first()


@transaction.atomic
def ask_to_join(*, by: User, project: Project, role: str, text: str, key: uuid.UUID) -> ProjectRequest:
    """Ask the leads; asking again while a request is open gives that one."""
    # One request at a time of each person; who gives them a role meanwhile may point to their row.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    if existing := ProjectRequest.objects.filter(by=by, key=key, project=project).first() or open_request(by, project):
        return existing
    if ProjectRequest.objects.filter(by=by, key=key).exists():
        raise RequestRefused(_("This form was used already for another project. Open the project's page, then ask again."))
    _require_project(project)
    if held := role_of(by, project):
        raise RequestRefused(_("You already have the role %(role)s in this project.") % {"role": held.label})
    if ProjectRequest.objects.open().filter(by=by).count() >= MAX_OPEN:
        message = _("You can have %(limit)s open requests. Withdraw one, or wait for an answer.")
        raise RequestRefused(message % {"limit": MAX_OPEN})
    request = ProjectRequest.objects.create(by=by, project=project, project_title=project.title, asked_role=role, text=text, key=key)
    _note("opened", by, request, role=role)
    return request


@transaction.atomic
def comment(*, by: User, request: ProjectRequest, text: str, key: uuid.UUID) -> RequestComment:
    """Add to the thread of an open request, without deciding it."""
    row = _locked(request)
    if existing := RequestComment.objects.filter(request=row, key=key, by=by).first():
        return existing
    _require_open(row)
    if row.by_id != by.pk and not can_answer(by, row):
        raise RequestRefused(_("You can no longer answer this request."))
    if RequestComment.objects.filter(request=row).count() >= MAX_COMMENTS:
        message = _("A request can have %(limit)s comments. Answer the request, or write an e-mail.")
        raise RequestRefused(message % {"limit": MAX_COMMENTS})
    line = RequestComment.objects.create(request=row, by=by, text=text, key=key)
    if by.pk != row.by_id:
        ProjectRequest.objects.filter(pk=row.pk).update(answered_at=line.created_at)
    _note("commented", by, row)
    return line


@transaction.atomic
def withdraw(*, by: User, request: ProjectRequest) -> None:
    """Take back one's own request; withdrawing again changes nothing."""
    row = _locked(request)
    if row.by_id == by.pk and row.state == State.WITHDRAWN:
        return
    if row.by_id != by.pk:
        raise RequestRefused(_("Only the person who made the request can withdraw it."))
    _require_open(row)
    row.move(to=State.WITHDRAWN, decided_by=by, decided_at=timezone.now())
    _note("withdrawn", by, row)


@transaction.atomic
def grant(*, by: User, request: ProjectRequest, role: str, text: str = "") -> Role:
    """Give the person a role, and return the one that they have then; granting again changes nothing."""
    row = _locked(request)
    if row.state == State.GRANTED and row.decided_by_id == by.pk:
        return Role(row.granted_role)
    project = _decidable(by, row)
    now = timezone.now()
    row.move(to=State.GRANTED, decided_by=by, decided_at=now, granted_role=role, answered_at=now)
    try:
        given = people.raise_role(by=by, project=project, user=row.by, role=role)
    except people.PeopleChangeRefused as refused:
        raise RequestRefused(str(refused)) from refused
    ProjectRequest.objects.filter(pk=row.pk).update(granted_role=given)
    _answer(row, by, text)
    _note("granted", by, row, role=given)
    return given


@transaction.atomic
def decline(*, by: User, request: ProjectRequest, text: str) -> None:
    """Say no, with words for the person; declining again changes nothing."""
    row = _locked(request)
    if row.state == State.DECLINED and row.decided_by_id == by.pk:
        return
    _decidable(by, row)
    now = timezone.now()
    row.move(to=State.DECLINED, decided_by=by, decided_at=now, answered_at=now)
    _answer(row, by, text)
    _note("declined", by, row)


def settle(project: Project, user: User, role: Role, by: User) -> None:
    """Somebody was given a role in another way: their open request is granted with it."""
    for row in ProjectRequest.objects.open().filter(project=project, by=user, kind=ProjectRequest.Kind.JOIN):
        now = timezone.now()
        if row.move(to=State.GRANTED, decided_by=by, decided_at=now, granted_role=role, answered_at=now):
            _note("granted", by, row, role=role)


def close_all(project: Project, by: User | None, words: str) -> None:
    """End all open requests of a project that is archived or deleted, with the reason in their threads."""
    with transaction.atomic():
        for row in ProjectRequest.objects.open().filter(project=project).select_for_update(of=("self",)):
            now = timezone.now()
            if row.move(to=State.CLOSED, decided_by=by, decided_at=now, answered_at=now):
                RequestComment.objects.create(request=row, by=None, text=words, is_answer=True)
                _note("closed", by, row)


def mark_seen(*, by: User, request: ProjectRequest) -> None:
    """The person has looked at the answer to their own request."""
    ProjectRequest.objects.with_news_for(by).filter(pk=request.pk).update(seen_at=timezone.now())


def closed_words(request: ProjectRequest) -> str:
    """Why an open request cannot be answered any more; empty where it can."""
    if request.project is None or request.project.deleted_at is not None:
        return _("The project was deleted. This request is closed.")
    return closing_hooks.closed_reason(request.project)


def _locked(request: ProjectRequest) -> ProjectRequest:
    """The request as it is now. Its project is locked first, as those do who archive or delete it and then close its requests."""
    if request.project is not None:
        with suppress(ProjectClosed):  # the row of the request says it too: it was closed with the project
            open_project_locked(request.project)
    return ProjectRequest.objects.select_for_update(of=("self",)).select_related("project", "by").get(pk=request.pk)


def _require_project(project: Project) -> None:
    """The project takes requests at this moment, and until this transaction ends."""
    try:
        closing_hooks.require_open_locked(project)
    except ProjectClosed as closed:
        raise RequestRefused(str(closed)) from closed


def _require_open(row: ProjectRequest) -> None:
    if not row.is_open:
        raise RequestRefused(_("This request has been answered or withdrawn in the meantime. Nothing was changed."))
    if reason := closed_words(row):
        raise RequestRefused(reason)


def _decidable(by: User, row: ProjectRequest) -> Project:
    """The project of a request that this person may decide now."""
    _require_open(row)
    if row.project is None or not can_answer(by, row):
        raise RequestRefused(_("You can no longer answer this request."))
    return row.project


def _answer(row: ProjectRequest, by: User, text: str) -> None:
    if text:
        RequestComment.objects.create(request=row, by=by, text=text, is_answer=True)


def _note(what: str, by: User | None, row: ProjectRequest, **facts: Any) -> None:
    """Into the record, without what people wrote. Called last: other writers of the record wait until the transaction ends."""
    subject = f"project/{row.project.slug}" if row.project else f"request/{row.pk}"
    record(f"request.{what}", by=by, subject=subject, request=row.pk, kind=row.kind, person=row.by, **facts)
