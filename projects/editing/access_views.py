"""Who sees a project: GET says plainly what a change would show or hide and when, POST makes it, and for a while it can be taken back."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from projects.editing import access
from projects.editing.access import Access
from projects.editing.forms import EmbargoForm, VisibilityForm
from projects.editing.views import UNDO, changed_last, show
from projects.models import Project, Resource, Role, spelt
from projects.permissions import Permission, project_for
from projects.views import page
from vre_portal.iam.sign_in import person
from vre_portal.text import moment


def ask(request: HttpRequest, project: Project, **context: Any) -> HttpResponse:
    """What would be shown or hidden, in numbers, with the button that does it."""
    kinds = list(project.resources.values_list("kind", flat=True))
    roles = list(project.memberships.filter(group="").values_list("role", flat=True))
    counts = {
        "datasets": kinds.count(Resource.Kind.DID),
        "results": kinds.count(Resource.Kind.RESULT),
        "others": len(kinds) - kinds.count(Resource.Kind.DID) - kinds.count(Resource.Kind.RESULT),
        "named": len(roles),
        "leads": roles.count(Role.LEAD),
        "unnamed": len(roles) - roles.count(Role.LEAD),
        "groups": list(project.memberships.exclude(group="").values_list("group", flat=True)),
    }
    return page(request, project, "visibility", tab="settings", version=Access.of(project).version, **counts, **context)


def attempt(request: HttpRequest, project: Project, change: Callable[[], bool], said: str) -> HttpResponse:
    """Make it and remember for a while how it was, or say why not."""
    was = Access.of(project)
    try:
        changed = change()
    except access.NotPossible as refused:
        messages.error(request, str(refused))
        return redirect("projects:settings", slug=project.slug)
    messages.success(request, said if changed else "Nothing was changed.")
    if changed:
        project.refresh_from_db()
        request.session[UNDO] = {
            "project": project.pk, "made": Access.of(project).version, "at": time.time(), "visibility": was.visibility,
            "until": was.embargo_until.isoformat() if was.embargo_until else "",
        }  # fmt: skip
    return redirect("projects:settings", slug=project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def visibility(request: HttpRequest, slug: str) -> HttpResponse:
    """Public or members only, from now on."""
    project = project_for(request.user, slug, Permission.EDIT)
    form = VisibilityForm(request.POST if request.method == "POST" else request.GET or None)
    if not form.is_valid():
        return show(request, project, 400 if form.is_bound else 200)
    to, seen = form.cleaned_data["visibility"], form.cleaned_data["version"]
    if request.method != "POST":
        return ask(request, project, to=to)
    said = "Everybody sees this project now." if to == Project.Visibility.PUBLIC else "Only its people see it now."
    return attempt(request, project, lambda: access.set_visibility(by=person(request), project=project, to=to, seen=seen), said)


@require_http_methods(["GET", "HEAD", "POST"])
def embargo(request: HttpRequest, slug: str) -> HttpResponse:
    """Members only until a moment; `do=lift` takes the moment away, so that it stays with its people until a lead decides."""
    project = project_for(request.user, slug, Permission.EDIT)
    sent = request.POST if request.method == "POST" else request.GET
    until, said = None, "Only its people see it, until one of its leads decides otherwise."
    if sent.get("do") != "lift":
        form = EmbargoForm(sent or None, auto_id="embargo_%s")
        if not form.is_valid():
            return show(request, project, 400 if form.is_bound else 200, embargo_form=form)
        until = form.cleaned_data["until"]
        said = f"Only its people see it until {spelt(until)}; everybody from then on."
    if request.method != "POST":
        return ask(request, project, to="embargo", until=until, spelt=spelt(until) if until else "")
    seen = sent.get("version", "")[:40]
    return attempt(request, project, lambda: access.set_embargo(by=person(request), project=project, until=until, seen=seen), said)


@require_POST
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring back who saw it before the last change of the person's own."""
    project = project_for(request.user, slug, Permission.EDIT)
    known = changed_last(request, project)
    request.session.pop(UNDO, None)
    if known is None:
        messages.error(request, "There is nothing left to undo.")
        return redirect("projects:settings", slug=slug)
    was = Access(known["visibility"], moment(known["until"]))
    try:
        access.take_back(by=person(request), project=project, was=was, made=known["made"])
    except access.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        project.refresh_from_db()
        messages.success(request, f"As before: {project.access}.")
    return redirect(reverse("projects:settings", args=[slug]))
