"""The settings of a project: its texts with a preview, and its picture."""

import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from projects.editing import services
from projects.editing.forms import EmbargoForm, PictureForm, TextForm
from projects.models import Project
from projects.permissions import Permission, project_for
from projects.views import page
from vre_portal.iam.sign_in import person

UNDO, UNDO_SECONDS = "access_undo", 600


def changed_last(request: HttpRequest, project: Project) -> dict[str, Any] | None:
    """Who saw this project before the reader changed that a moment ago."""
    known = request.session.get(UNDO)
    if not known or known["project"] != project.pk or time.time() - known["at"] > UNDO_SECONDS:
        return None
    return dict(known)


def show(request: HttpRequest, project: Project, status: int = 200, **context: Any) -> HttpResponse:
    """The page with all its forms; those that were refused are filled in again."""
    pictured = PictureForm(initial={"picture_description": project.picture_description}, auto_id="picture_%s")
    known = {
        "form": TextForm.of(project),
        "picture_form": pictured,
        "embargo_form": EmbargoForm.of(project),
        "undo": changed_last(request, project),
    }
    reply = page(request, project, "settings", tab="settings", **{**known, **context})
    reply.status_code = status
    return reply


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """The texts: look at them, preview them, save them."""
    project = project_for(request.user, slug, Permission.EDIT)
    if request.method != "POST":
        return show(request, project)
    form = TextForm(request.POST)
    if not form.is_valid():
        return show(request, project, 400, form=form)
    if request.POST.get("do") == "preview":
        return show(request, project, form=form, preview=Project(slug=project.slug, **form.texts()))
    try:
        changed = services.edit(by=person(request), project=project, seen=form.cleaned_data["version"], texts=form.texts())
    except services.ChangedMeanwhile as conflict:
        return show(request, project, 409, form=over(form, conflict.project), theirs=differences(form, conflict.project))
    messages.success(request, "Saved." if changed else "Nothing was changed.")
    return redirect("projects:settings", slug=slug)


def over(form: TextForm, project: Project) -> TextForm:
    """The same words again, now knowing of what they would replace."""
    return TextForm({**form.data.dict(), "version": services.version(project)})  # type: ignore[attr-defined] # of a request, it is a QueryDict


def differences(form: TextForm, project: Project) -> list[tuple[str, Any]]:
    """What is saved now where it is not what was typed: label and text."""
    typed = form.texts()
    named = [(name, getattr(project, name)) for name in services.TEXTS if getattr(project, name) != typed[name]]
    return [(str(form[name].label), "\n".join(value) if isinstance(value, list) else value) for name, value in named]


@require_POST
def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """Another picture, other words for it, or none."""
    project = project_for(request.user, slug, Permission.EDIT)
    by = person(request)
    if request.POST.get("do") == "remove":
        services.remove_picture(by=by, project=project)
        messages.success(request, "The picture was removed.")
        return redirect("projects:settings", slug=slug)
    form = PictureForm(request.POST, request.FILES, auto_id="picture_%s")
    if form.is_valid() and not form.cleaned_data["picture"] and not project.picture:
        form.add_error("picture", "Choose a file.")
    if not form.is_valid():
        return show(request, project, 400, picture_form=form)
    content, suffix = form.cleaned_data["picture"] or (b"", "")
    services.set_picture(by=by, project=project, content=content, suffix=suffix, description=form.cleaned_data["picture_description"])
    messages.success(request, "Saved.")
    return redirect("projects:settings", slug=slug)
