"""A user's sessions, for administrators: list and end."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vre_portal.audit import record
from vre_portal.iam.account.session_views import count_ended
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User, UserSession


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """All sessions of one person; a POST ends one of them, or all. The site has asked before who wants to."""
    whose = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        end(request, whose)
        return redirect("admin:iam_user_sessions", pk=pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Sessions of %(person)s") % {"person": whose},
        "whose": whose,
        "sessions": UserSession.objects.live(whose),
    }
    return render(request, "admin/iam/user/sessions.html", context)


def end(request: HttpRequest, whose: User) -> None:
    live, wanted = UserSession.objects.live(whose), request.POST.get("end", "")
    ended = (live if wanted == "all" else live.called(wanted)).end()
    if ended:
        record("session.end", by=current_user(request), subject=f"person/{whose.handle}", count=ended)
    messages.success(request, count_ended(ended))
