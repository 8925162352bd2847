"""A form that comes when its sender's sign-in is over is kept, and stands on its page again after the sign-in; nothing is done by itself.

One that comes when it was closed, or when its sender's right to it has ended, is answered with what was typed.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from vre_portal.form_drafts import services
from vre_portal.form_drafts.errors import FormClosed
from vre_portal.form_drafts.filling import fill_in
from vre_portal.form_drafts.models import FormDraft
from vre_portal.iam.errors import sign_in_again
from vre_portal.iam.models import User
from vre_portal.iam.sign_in import redirects


class FormDrafts:
    """Middleware: stands before the one that closes pages, and behind the one that looks for forged forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "_cached_user", None)  # a page that did not look at the user needs nothing of this
        if not isinstance(user, User):
            return response
        if request.method == "GET" and (key := request.GET.get(services.KEY)):
            response = with_draft(request, response, FormDraft.objects.find(user, key))
        elif (
            request.method == "POST" and was_taken(response) and (used := FormDraft.objects.find(user, request.POST.get(services.KEY, "")))
        ):
            used.delete()
        if not services.is_marked(request, user):
            attributes = {"httponly": True, "secure": settings.HTTPS, "samesite": "Lax"}
            response.set_cookie(services.COOKIE, services.browser_mark(user), **attributes)  # type: ignore[arg-type]
        return response

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _options: Any) -> HttpResponse | None:
        if request.method in ("GET", "HEAD", "OPTIONS") or isinstance(request.user, User) or not getattr(view, "login_required", True):
            return None
        known = request.method == "POST" and services.sender(request)
        return redirects.redirect_to_login(request, sign_in_again()) if known or not redirects.wants_page(request) else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, FormClosed) or request.method != "POST" or request.GET.get("format") == "json":
            return None
        if not isinstance(request.user, User) or not redirects.wants_page(request) or not (typed := services.typed_text(request)):
            return None
        back = redirects.way_back(request)
        context = {"message": str(error), "fields": typed, "form": back if f"{services.KEY}=" in back else ""}
        response = render(request, "kept/closed.html", context, status=409)
        response["Cache-Control"] = "private, no-store"
        return response


def was_taken(response: HttpResponse) -> bool:
    """Whether a form that was sent again needs to be kept no longer."""
    return response.status_code < 400 and not response.get("Location", "").startswith("/accounts/")


def with_draft(request: HttpRequest, response: HttpResponse, draft: FormDraft | None) -> HttpResponse:
    """The page with its form filled in; where it has no such form any more, a page with the words themselves."""
    if draft is None or response.status_code in (301, 302, 304) or response.streaming:
        return response
    if response.status_code == 200 and response.get("Content-Type", "").startswith("text/html"):
        page = response.content.decode()
        notice = render_to_string("kept/notice.html", {"key": draft.key, "name": services.KEY, "file": 'type="file"' in page})
        whole = fill_in(page, request.get_full_path(), draft.path, draft.fields(), notice)
        if whole is not None:
            response.content = whole.encode()
            response["Cache-Control"] = "private, no-store"  # whatever the page itself allows
            return response
    return redirect("kept:words", key=draft.key)


middleware = FormDrafts
