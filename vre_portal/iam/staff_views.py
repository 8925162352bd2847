"""Where somebody is signed in, as staff see it, and ending that for them."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from vre_portal.audit import record
from vre_portal.iam.models import User, UserSession
from vre_portal.iam.sign_in import person


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """All sessions of one person; a POST ends one of them, or all. The site has asked before who wants to."""
    whose = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        end(request, whose)
        return redirect("admin:iam_user_sessions", pk=pk)
    context = {
        **admin.site.each_context(request),
        "title": f"Sessions of {whose}",
        "whose": whose,
        "sessions": UserSession.objects.live(whose),
    }
    return render(request, "admin/iam/user/sessions.html", context)


def end(request: HttpRequest, whose: User) -> None:
    live, wanted = UserSession.objects.live(whose), request.POST.get("end", "")
    ended = (live if wanted == "all" else live.called(wanted)).end()
    if ended:
        record("session.end", by=person(request), subject=f"person/{whose.handle}", count=ended)
    messages.success(request, f"{ended} {'session' if ended == 1 else 'sessions'} ended." if ended else "There was nothing to end.")
