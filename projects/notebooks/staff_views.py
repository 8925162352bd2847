"""All open sessions, for staff, who can stop each."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.notebooks import services
from projects.notebooks.models import Session
from projects.notebooks.session_rows import rows_of
from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, rate_limited
from vre_portal.tables import listing, page_size
from vre_portal.text import number_of

PAGE = 50


@never_cache
@require_safe
@staff_page
def sessions(request: HttpRequest) -> HttpResponse:
    """The open sessions of all people, the newest first; also as JSON and CSV. No hub is asked."""
    size, before = page_size(request, PAGE), number_of(request.GET.get("before", ""))
    found = Session.objects.alive().select_related("project", "by")
    found = found.filter(pk__lt=before) if before else found
    shown = list(found[: size + 1])
    following = f"?before={shown[size - 1].pk}" if len(shown) > size else None
    rows = list(rows_of(shown[:size]))
    facts = ("id", "hub", "server", "state", "asked_at", "started_at", "active_at")
    described = [
        {"person": str(row.session.by), "project": row.session.project.slug, "ends_at": row.ends_at}
        | {name: getattr(row.session, name) for name in facts}
        for row in rows
    ]
    document = listing(request, described, following=following, filename="notebook-sessions")
    return document or render(request, "notebooks/all.html", {"rows": rows, "next_url": following})


@require_POST
@staff_page
@rate_limited(ACT)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's session; they are told."""
    session = get_object_or_404(Session.objects.select_related("project", "by"), pk=pk)
    services.stop_session(session=session, why=_("An administrator stopped it."), by=current_user(request))
    return redirect("notebooks-all")
