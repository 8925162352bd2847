"""The settings of a project: its texts with a preview, and its picture."""

import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects.editing import services
from projects.editing.forms import EmbargoForm, PictureForm, TextForm
from projects.models import Project
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for
from vre_portal.iam.current_user import current_user
from vre_portal.limits import UPLOAD, rate_limited

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
    return render_project_page(request, project, "projects/settings.html", "settings", status=status, **{**known, **context})


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
        changed = services.edit(by=current_user(request), project=project, seen=form.cleaned_data["version"], texts=form.texts())
    except services.ChangedMeanwhile as conflict:
        return show(request, project, 409, form=over(form, conflict.project), theirs=differences(form, conflict.project))
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect("projects:settings", slug=slug)


def over(form: TextForm, project: Project) -> TextForm:
    """The form filled in again, with the version of the text that is stored now."""
    return TextForm({**form.data.dict(), "version": services.version(project)})  # type: ignore[attr-defined] # of a request, it is a QueryDict


def differences(form: TextForm, project: Project) -> list[tuple[str, Any]]:
    """What is saved now where it is not what was typed: label and text."""
    typed = form.texts()
    named = [(name, getattr(project, name)) for name in services.TEXTS if getattr(project, name) != typed[name]]
    return [(str(form[name].label), "\n".join(value) if isinstance(value, list) else value) for name, value in named]


@require_POST
@rate_limited(UPLOAD)
def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """Another picture, other words for it, or none."""
    project = project_for(request.user, slug, Permission.EDIT)
    by = current_user(request)
    if request.POST.get("do") == "remove":
        services.remove_picture(by=by, project=project)
        messages.success(request, _("The picture was removed."))
        return redirect("projects:settings", slug=slug)
    form = PictureForm(request.POST, request.FILES, auto_id="picture_%s")
    if form.is_valid() and not form.cleaned_data["picture"] and not project.picture:
        form.add_error("picture", _("Choose a file."))
    if not form.is_valid():
        return show(request, project, 400, picture_form=form)
    content, suffix = form.cleaned_data["picture"] or (b"", "")
    services.set_picture(by=by, project=project, content=content, suffix=suffix, description=form.cleaned_data["picture_description"])
    messages.success(request, _("Saved."))
    return redirect("projects:settings", slug=slug)
