"""One request: its thread, the comment that decides nothing, and the answer that does."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.requests import notices, services, thread_page
from projects.requests.forms import AnswerForm, CommentForm
from projects.requests.models import Request
from projects.requests.permissions import request_for
from projects.requests.timeline import quoted
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited


@never_cache
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The request with its thread and what its reader can do."""
    user = current_user(request)
    item = request_for(user, pk, has_notices=notices.unread_by(user))
    if request.method == "GET":
        services.mark_seen(by=user, request=item)
    forms: dict[str, Any] = {}
    if number := request.GET.get("quote"):
        initial = {"key": uuid.uuid4(), "text": quoted(item, number)}
        forms["comment_form"] = CommentForm(auto_id="comment_%s", initial=initial)
    if "now" in request.GET:
        forms["present"] = thread_page.present_of(user, item)
    return show(request, item, **forms)


@never_cache
@require_safe
def present(request: HttpRequest, pk: int) -> HttpResponse:
    """A fragment for those who decide: how things are now at a remote service."""
    user = current_user(request)
    found = thread_page.present_of(user, request_for(user, pk))
    if found is None:
        raise Http404(_("There is nothing to show."))
    return render(request, "requests/present.html", {"present": found})


def show(request: HttpRequest, item: Request, status: int = 200, **forms: Any) -> HttpResponse:
    """The page; forms that were refused are filled in again."""
    context = thread_page.context_of(current_user(request), item, request.GET.get("template", ""), shows_people="people" in request.GET)
    return render(request, "requests/request.html", {**context, **forms}, status=status)


@never_cache
@require_POST
@rate_limited(ACT)
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a comment."""
    user = current_user(request)
    item, form = request_for(user, pk), CommentForm(request.POST, request.FILES, auto_id="comment_%s")
    if not form.is_valid():
        form.ask_for_files_again()
        return show(request, item, 400, comment_form=form)
    values = form.cleaned_data
    try:
        services.comment(by=user, request=item, text=values["text"], key=values["key"], files=values["attachments"])
    except services.RequestRefused as refused:
        form.add_error(None, str(refused))
        form.ask_for_files_again()
        return show(request, request_for(user, pk), 409, comment_form=form, typed=form.cleaned_data["text"])
    messages.success(request, _("Comment added. The request is still open.") if item.is_open else _("Comment added."))
    return redirect(item)


@never_cache
@require_POST
@rate_limited(ACT)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or decline."""
    user = current_user(request)
    item, form = request_for(user, pk), AnswerForm(request.POST, auto_id="decision_%s")
    extra = thread_page.decision_form_of(item, request.POST)
    grants = request.POST.get("decision") == AnswerForm.GRANT
    if not form.is_valid() or (grants and extra is not None and not extra.is_valid()):
        return show(request, item, 400, decision_form=form, decision_values=extra)
    try:
        decide(request, user, item, form.cleaned_data, extra.values() if grants and extra is not None else {})
    except services.RequestRefused as refused:
        form.add_error(None, str(refused))
        return show(
            request,
            request_for(user, pk),
            409,
            decision_form=form,
            decision_values=extra,
            refused=str(refused),
            typed=form.cleaned_data["text"],
        )
    return redirect(item)


def decide(request: HttpRequest, user: User, item: Request, values: dict[str, Any], decision: dict[str, Any]) -> None:
    """Do what the form says, and tell it."""
    if values["decision"] == AnswerForm.DECLINE:
        services.decline(by=user, request=item, text=values["text"], after_all=values["after_all"])
        messages.success(request, _("Request declined. The person can read your message."))
        return
    row = services.approve(by=user, request=item, text=values["text"], decision=decision)
    if row.granted_role:
        text = _("Request granted. %(name)s has the role %(role)s.")
        messages.success(request, text % {"name": row.by, "role": row.get_granted_role_display()})
    elif row.needs_hand:
        messages.success(request, _("Request approved. Follow the instructions, then mark it as done."))
    elif row.state == Request.State.GRANTED:
        messages.success(request, _("Request granted."))
    else:
        messages.success(request, _("Request approved. The portal carries it out now; the result appears here."))


@never_cache
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
