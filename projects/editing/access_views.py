"""Who sees a project: GET says plainly what a change would show or hide and when, POST makes it, and for a while it can be taken back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects import checklist, exposure
from projects.editing import access
from projects.editing.access import Access
from projects.editing.forms import EmbargoForm, VisibilityForm
from projects.editing.views import UNDO, changed_last, show_access
from projects.models import Project, spelt
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for
from vre_portal.iam.current_user import current_user
from vre_portal.text import moment


def ask(request: HttpRequest, project: Project, wish: Access, status: int = 200, **context: Any) -> HttpResponse:
    """What would be shown or hidden, with the button that does it."""
    by, opens = current_user(request), wish.opens(project)
    public_later = wish.public_from < access.NEVER
    exposures = exposure.exposures(by, project) if public_later or opens else []
    groups = [line.group for line in project.memberships.all()]  # empty for who is named
    facts = {
        "exposures": exposures if public_later else [],
        "named": groups.count(""),
        "groups": [group for group in groups if group],
        "checks": checklist.checks(by, project) if opens else [],
        "is_incomplete": opens and bool(checklist.missing(by, project)),
        "version": access.confirmation(by, project, exposures) if opens else Access.of(project).version,
    }
    return render_project_page(request, project, "projects/visibility.html", "settings", status=status, **facts, **context)


def attempt(
    request: HttpRequest, project: Project, change: Callable[[], bool], success_message: str, again: Callable[[], HttpResponse]
) -> HttpResponse:
    """Make it and remember for a while how it was, or say why not, or show again what it would open."""
    was = Access.of(project)
    try:
        changed = change()
    except access.NotConfirmed as refused:
        messages.error(request, str(refused))
        project.refresh_from_db()
        return again()
    except access.AccessChangeRefused as refused:
        messages.error(request, str(refused))
        return redirect("projects:settings", slug=project.slug)
    if not changed:
        messages.success(request, _("Nothing was changed."))
        return redirect("projects:settings", slug=project.slug)
    project.refresh_from_db()
    until = was.embargo_until.isoformat() if was.embargo_until else ""
    UNDO.note(request, project, made=Access.of(project).version, visibility=was.visibility, until=until)
    if not project.is_public:
        messages.success(request, success_message)
        return redirect("projects:settings", slug=project.slug)
    settings = reverse("projects:settings", args=[project.slug])
    undo_link = format_html('<a href="{}">{}</a>', settings, _("Change or undo this in Settings"))
    messages.success(request, format_html("{} {}", success_message, undo_link))
    return redirect(project)  # as visitors see it from now on


@require_http_methods(["GET", "HEAD", "POST"])
def visibility(request: HttpRequest, slug: str) -> HttpResponse:
    """Public or members only, from now on."""
    project = project_for(request.user, slug, Permission.MANAGE)
    form = VisibilityForm(request.POST if request.method == "POST" else request.GET or None)
    if not form.is_valid():
        return show_access(request, project, 400 if form.is_bound else 200)
    to, seen_version = form.cleaned_data["visibility"], form.cleaned_data["version"]
    wish = Access(to, None)

    def asked(status: int = 200) -> HttpResponse:
        return ask(request, project, wish, status, to=to)

    if request.method != "POST" or (wish.opens(project) and not seen_version):
        return asked()
    success_message = {
        Project.Visibility.PUBLIC.value: _("The project is now public."),
        Project.Visibility.DRAFT.value: _("The project is now a draft."),
    }.get(to, _("The project is now members only."))
    return attempt(
        request,
        project,
        lambda: access.set_visibility(by=current_user(request), project=project, to=to, seen=seen_version),
        success_message,
        lambda: asked(409),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def embargo(request: HttpRequest, slug: str) -> HttpResponse:
    """Members only until a moment; `do=lift` takes the moment away, so that it stays with its people until a lead decides."""
    project = project_for(request.user, slug, Permission.MANAGE)
    values = request.POST if request.method == "POST" else request.GET
    until, success_message = None, _("The date was removed. The project stays members only until a lead makes it public.")
    if values.get("do") != "lift":
        form = EmbargoForm(values or None, auto_id="embargo_%s")
        if not form.is_valid():
            return show_access(request, project, 400 if form.is_bound else 200, embargo_form=form)
        until = form.cleaned_data["until"]
        success_message = _("The project is members only until %(date)s, then public.") % {"date": spelt(until)}
    wish, seen_version = Access(Project.Visibility.MEMBERS, until), values.get("version", "")[:40]

    def asked(status: int = 200) -> HttpResponse:
        return ask(request, project, wish, status, to="embargo", until=until, spelt=spelt(until) if until else "")

    if request.method != "POST" or (wish.opens(project) and not seen_version):
        return asked()
    return attempt(
        request,
        project,
        lambda: access.set_embargo(by=current_user(request), project=project, until=until, seen=seen_version),
        success_message,
        lambda: asked(409),
    )


@require_POST
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring back who saw it before the last change of the person's own; where that opens the project, show first what."""
    project = project_for(request.user, slug, Permission.MANAGE)
    last_change = changed_last(request, project)
    if last_change is None:
        UNDO.forget(request)
        messages.error(request, _("Nothing to undo."))
        return redirect("projects:settings", slug=slug)
    was, seen_version = Access(last_change["visibility"], moment(last_change["until"])), request.POST.get("version", "")[:40]
    if was.opens(project) and not (seen_version or was.is_over) and Access.of(project).version == last_change["made"]:
        return ask(request, project, was, to="undo", was=was)
    try:
        access.take_back(by=current_user(request), project=project, was=was, made=last_change["made"], seen=seen_version)
    except access.NotConfirmed as refused:
        messages.error(request, str(refused))
        project.refresh_from_db()
        return ask(request, project, was, 409, to="undo", was=was)
    except access.AccessChangeRefused as refused:
        messages.error(request, str(refused))
    else:
        project.refresh_from_db()
        messages.success(request, _("Change undone. Visibility: %(visibility)s.") % {"visibility": project.access})
    UNDO.forget(request)
    return redirect(reverse("projects:settings", args=[slug]))
