"""One request: its thread, the comment that decides nothing, and the answer that does."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.models import Project, Role
from projects.people import data_access
from projects.people.data_access import MissingAccess, Newcomer
from projects.people.former_roles import former_role
from projects.people.views import home_of
from projects.permissions import Permission, can, role_of
from projects.requests import services
from projects.requests.forms import CommentForm, DecisionForm
from projects.requests.models import Request
from projects.requests.permissions import can_answer, request_for, shown_title
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited


@never_cache
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The request with its thread and what its reader can do."""
    user = current_user(request)
    item = request_for(user, pk)
    if item.by_id == user.pk and request.method == "GET":
        services.mark_seen(by=user, request=item)
    return show(request, item)


def show(request: HttpRequest, item: Request, status: int = 200, **forms: Any) -> HttpResponse:
    """The page; forms that were refused are filled in again."""
    user, project = current_user(request), item.project
    may_answer = can_answer(user, item)
    visible = project if project is not None and can(user, project, Permission.VIEW) else None
    person_role = role_of(item.by, project) if project is not None else None
    was_granted = item.state == Request.State.GRANTED
    context = {
        "item": item,
        "comments": item.comments.select_related("by"),
        "title": shown_title(user, item),
        "project": visible,
        "is_own": item.by_id == user.pk,
        "may_answer": may_answer,
        "closed": services.closed_words(item) if item.is_open else "",
        "home": home_of(item.by),
        "person_role": person_role,
        "former": former_role(item.by, visible) if visible and was_granted and person_role is None else None,
        "missing": missing_access(user, item, visible, person_role),
        "comment_form": CommentForm(auto_id="comment_%s", initial={"key": uuid.uuid4()}),
        "decision_form": DecisionForm(auto_id="decision_%s", initial={"role": item.asked_role}),
    }
    return render(request, "requests/request.html", {**context, **forms}, status=status)


def missing_access(reader: User, item: Request, project: Project | None, role: Role | None) -> list[MissingAccess]:
    """What the person cannot open of the project's data with the role that they have, or have asked for."""
    expected = role or (item.asked_role if item.is_open else "")
    if project is None or not expected:
        return []
    return data_access.missing_access(reader, project, [Newcomer(frozenset(item.by.groups), expected, str(item.by))])


@never_cache
@require_POST
@rate_limited(ACT)
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a comment."""
    user = current_user(request)
    item, form = request_for(user, pk), CommentForm(request.POST, auto_id="comment_%s")
    if not form.is_valid():
        return show(request, item, 400, comment_form=form)
    try:
        services.comment(by=user, request=item, text=form.cleaned_data["text"], key=form.cleaned_data["key"])
    except services.RequestRefused as refused:
        form.add_error(None, str(refused))
        return show(request, request_for(user, pk), 409, comment_form=form)
    messages.success(request, _("Comment added. The request is still open."))
    return redirect(item)


@never_cache
@require_POST
@rate_limited(ACT)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or decline."""
    user = current_user(request)
    item, form = request_for(user, pk), DecisionForm(request.POST, auto_id="decision_%s")
    if not form.is_valid():
        return show(request, item, 400, decision_form=form)
    try:
        decide(request, user, item, form.cleaned_data)
    except services.RequestRefused as refused:
        form.add_error(None, str(refused))
        return show(request, request_for(user, pk), 409, decision_form=form, refused=str(refused))
    return redirect(item)


def decide(request: HttpRequest, user: User, item: Request, values: dict[str, Any]) -> None:
    """Do what the form says, and tell it."""
    if values["decision"] == DecisionForm.DECLINE:
        services.decline(by=user, request=item, text=values["text"])
        messages.success(request, _("Request declined. The person can read your message."))
        return
    role = services.grant(by=user, request=item, role=values["role"], text=values["text"])
    messages.success(request, _("Request granted. %(name)s has the role %(role)s.") % {"name": item.by, "role": role.label})


@require_POST
@rate_limited(ACT)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own request."""
    user = current_user(request)
    item = request_for(user, pk)
    try:
        services.withdraw(by=user, request=item)
    except services.RequestRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Request withdrawn."))
    return redirect(item)
