"""What those who answer a request do beside deciding, each by a button of its page."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from projects.requests import handling
from projects.requests.checks import RequestRefused
from projects.requests.forms import DoneForm, DueForm
from projects.requests.models import Request
from projects.requests.permissions import request_for
from projects.requests.thread_views import show
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited


def _done(request: HttpRequest, item: Request, act: Callable[[], None], said: str) -> HttpResponse:
    """Do it and go back to the request; a refusal is told there."""
    try:
        act()
    except RequestRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect(item)


@never_cache
@require_POST
@rate_limited(ACT)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Make oneself or somebody else an assignee, or take one off."""
    user = current_user(request)
    item = request_for(user, pk)
    handle = request.POST.get("person", "")
    person = user if handle in ("", "me") else _person(item, handle)
    if request.POST.get("action") == "remove":
        return _done(request, item, lambda: handling.unassign(by=user, request=item, person=person), _("Assignment removed."))
    return _done(request, item, lambda: handling.assign(by=user, request=item, person=person), _("Request assigned."))


def _person(item: Request, handle: str) -> User:
    """Somebody by the number of their row; whether they can answer the request is asked by the service. Raises Http404."""
    known = handle.isascii() and handle.isdecimal() and len(handle) < 19
    return get_object_or_404(User, pk=int(handle) if known else 0)


@never_cache
@require_POST
@rate_limited(ACT)
def due(request: HttpRequest, pk: int) -> HttpResponse:
    """Set or remove the due date."""
    user = current_user(request)
    item, form = request_for(user, pk), DueForm(request.POST)
    if not form.is_valid():
        return show(request, item, 400, due_form=form)
    day = form.cleaned_data["due_at"]
    said = _("Due date set.") if day else _("Due date removed.")
    return _done(request, item, lambda: handling.set_due(by=user, request=item, due_at=day), said)


@never_cache
@require_POST
@rate_limited(ACT)
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    """Lock or unlock the thread."""
    user = current_user(request)
    item, is_locked = request_for(user, pk), request.POST.get("locked") == "yes"
    said = _("Thread locked.") if is_locked else _("Thread unlocked.")
    return _done(request, item, lambda: handling.set_locked(by=user, request=item, is_locked=is_locked), said)


@never_cache
@require_POST
@rate_limited(ACT)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the portal carry it out again."""
    user = current_user(request)
    item = request_for(user, pk)
    return _done(request, item, lambda: handling.retry(by=user, request=item), _("The portal tries again now; the result appears here."))


@never_cache
@require_POST
@rate_limited(ACT)
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark an approved request as carried out by hand."""
    user = current_user(request)
    item, form = request_for(user, pk), DoneForm(request.POST, auto_id="done_%s")
    if not form.is_valid():
        return show(request, item, 400, done_form=form)
    try:
        handling.mark_done(by=user, request=item, text=form.cleaned_data["text"])
    except RequestRefused as refused:
        form.add_error(None, str(refused))
        return show(request, request_for(user, pk), 409, done_form=form, refused=str(refused), typed=form.cleaned_data["text"])
    messages.success(request, _("Request marked as done. The person can read your message."))
    return redirect(item)
