"""Pages of a project's notebooks: open one, see it start, go to it, stop it."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from projects.models import Project
from projects.notebooks import jupyterhub, services
from projects.notebooks.forms import OpenForm
from projects.notebooks.models import Session
from projects.notebooks.worker import hub_of
from projects.permissions import Permission, permissions, project_for, role_of
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.iam.sign_in import person
from vre_portal.services import ServiceKind, service

EARLIER = 10  # ended sessions that a page lists


def described(session: Session, error: RemoteError | None = None) -> dict[str, Any]:
    """A session as `?format=json` gives it."""
    names = ("state", "progress", "message", "asked_at", "started_at", "active_at", "ended_at", "checked_at")
    facts = {name: getattr(session, name) for name in names}
    lab = reverse("notebooks:lab", args=[session.project.slug, session.pk]) if session.is_ready else None
    return {"id": session.pk, "project": session.project.slug, "url": lab, **facts, "error": str(error) if error else None}


def frame(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What every page of a project knows."""
    may = permissions(request.user, project)
    return {"project": project, "may": may, "role": role_of(request.user, project), "can_open": Permission.NOTEBOOK in may}


def mine(request: HttpRequest, slug: str, pk: int) -> Session:
    """The reader's own session; somebody else's does not exist for them."""
    project = project_for(request.user, slug, Permission.NOTEBOOK)
    return get_object_or_404(Session.objects.select_related("project", "by"), pk=pk, project=project, by=person(request))


@require_safe
@login_not_required
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """What notebooks are here, the reader's session with its state, and the button."""
    project = project_for(request.user, slug, Permission.VIEW)
    own = Session.objects.filter(project=project, by=person(request)) if isinstance(request.user, User) else Session.objects.none()
    own = own.select_related("project", "by")
    current = own.alive().first()
    error = services.refresh(current) if current else None
    if request.GET.get("format") == "json":
        shown = ([current] if current else []) + list(own.exclude(state__in=Session.ALIVE)[:EARLIER])
        return JsonResponse({"items": [described(item, error if item == current else None) for item in shown], "next": None})
    earlier = own.exclude(state__in=Session.ALIVE)[:EARLIER]
    context = {"session": current, "error": error, "earlier": earlier, "form": OpenForm.fresh(), "hub": service(ServiceKind.JUPYTERHUB)}
    return render(request, "notebooks/index.html", {**frame(request, project), **context})


@require_POST
def open_notebook(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a session and show how far it is; nothing remote happens here."""
    project = project_for(request.user, slug, Permission.NOTEBOOK)
    form = OpenForm(request.POST)
    if not form.is_valid():
        return redirect("notebooks:index", slug=slug)
    hub = service(ServiceKind.JUPYTERHUB)
    found = services.open_session(by=person(request), project=project, hub=hub, key=form.cleaned_data["key"])
    return redirect(f"{found.get_absolute_url()}?go=1")


@require_safe
def session(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One session: a page, or for htmx the part that changes; with `go` the browser is sent on as soon as it may."""
    found = mine(request, slug, pk)
    error = services.refresh(found)
    if request.GET.get("format") == "json":
        return JsonResponse(described(found, error))
    context = {**frame(request, found.project), "session": found, "error": error, "go": "go" in request.GET}
    if not request.headers.get("HX-Request"):
        return render(request, "notebooks/session.html", context)
    response = render(request, "notebooks/session.html#status", context)
    if onward := next_stop(found) if context["go"] else None:
        response["HX-Redirect"] = onward
    return response


def next_stop(found: Session) -> str | None:
    """Where the browser goes by itself: to the Lab when it is ready, once to the hub when that wants to see it."""
    if found.is_ready:
        return reverse("notebooks:lab", args=[found.project.slug, found.pk])
    if found.state == Session.State.SIGN_IN and not found.sent_to_hub_at:
        return reverse("notebooks:sign-in", args=[found.project.slug, found.pk])
    return None


@require_safe
def lab(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Go to the running session, as the person who is signed in at the IAM; back to its page where it does not run."""
    found = mine(request, slug, pk)
    if not found.is_ready or not found.path:
        return redirect(found)
    return redirect(jupyterhub.open_url(hub_of(found), found.path))


@require_safe
def sign_in(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Send the browser by the hub, which makes itself acquainted through the IAM and sends it back."""
    found = mine(request, slug, pk)
    if found.state != Session.State.SIGN_IN:
        return redirect(f"{found.get_absolute_url()}?go=1")
    found.sent_to_hub()
    back = settings.PORTAL_URL + reverse("notebooks-return")
    return redirect(jupyterhub.sign_in_url(hub_of(found), back, str(found.pk)))


@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """The hub sent the browser back: go on with the session that waited. The code that it brings is not needed."""
    number = request.GET.get("state", "")
    own = Session.objects.select_related("project", "by").filter(by=person(request))
    found = get_object_or_404(own, pk=int(number) if number.isdecimal() and len(number) < 18 else 0)
    project_for(request.user, found.project.slug, Permission.NOTEBOOK)
    services.go_on(session=found)
    return redirect(f"{found.get_absolute_url()}?go=1")


@require_POST
def stop(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End the session."""
    found = mine(request, slug, pk)
    services.stop_session(session=found)
    return redirect(found)
