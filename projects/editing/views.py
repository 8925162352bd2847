"""The settings of a project: its texts with a preview, and pages of their own for its picture and for who sees it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from projects.editing import services
from projects.editing.differences import ComparedLine, lines_of
from projects.editing.forms import SECTIONS, EmbargoForm, PictureForm, TextForm
from projects.models import Project
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for
from projects.undo import Undo
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, UPLOAD, rate_limited
from vre_portal.vocabularies import ror, spdx

MAX_NAMES = 500
UNDO = Undo("access_undo")


def changed_last(request: HttpRequest, project: Project) -> dict[str, Any] | None:
    """Who saw this project before the reader changed that a moment ago."""
    return UNDO.last(request, project)


def show(request: HttpRequest, project: Project, status: int = 200, **context: Any) -> HttpResponse:
    """The page of the texts; a form that was refused is filled in again."""
    own = {
        "form": TextForm.of(project),
        "undo": changed_last(request, project),
        "licences": spdx.OFFERED,
        "institute_names": institute_names(),
    }
    return render_project_page(request, project, "projects/settings.html", "settings", status=status, **{**own, **context})


def show_access(request: HttpRequest, project: Project, status: int = 200, **context: Any) -> HttpResponse:
    """The page of who sees the project; a form that was refused is filled in again."""
    own = {"embargo_form": EmbargoForm.of(project), "undo": changed_last(request, project)}
    return render_project_page(request, project, "projects/access.html", "settings", status=status, **{**own, **context})


def show_picture(request: HttpRequest, project: Project, status: int = 200, form: PictureForm | None = None) -> HttpResponse:
    """The page of the project's picture."""
    shown = form or PictureForm(initial={"picture_description": project.picture_description}, auto_id="picture_%s")
    return render_project_page(request, project, "projects/picture.html", "settings", status=status, picture_form=shown)


def institute_names() -> list[str]:
    """The names of institutes that the portal knows, where they are few enough for a page."""
    listed = ror.institutes()
    return [item.name for item in listed] if len(listed) <= MAX_NAMES else []


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """The texts: look at them, preview them, save them."""
    project = project_for(request.user, slug, Permission.EDIT)
    if request.method != "POST":
        return show(request, project)
    form = TextForm(request.POST, project=project)
    if not form.is_valid():
        return show(request, project, 400, form=form)
    if request.POST.get("do") == "preview":
        return show(request, project, form=form, preview=Project(slug=project.slug, **form.texts()))
    try:
        changed = services.edit(by=current_user(request), project=project, seen=form.cleaned_data["version"], texts=form.texts())
    except services.ChangedMeanwhile as conflict:
        return show(request, project, 409, form=over(form, conflict.project), differences=differences(form, conflict.project))
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect("projects:settings", slug=slug)


def over(form: TextForm, project: Project) -> TextForm:
    """The form filled in again, with the version of the text that is stored now."""
    return TextForm({**form.data.dict(), "version": services.version(project)}, project=project)  # type: ignore[attr-defined] # of a request, it is a QueryDict


def differences(form: TextForm, project: Project) -> list[tuple[str, list[ComparedLine]]]:
    """What is saved now and what was typed, line by line, where they are not the same: label and lines."""
    saved, typed = TextForm.of(project), form
    texts = [(name, text_of(saved, name), text_of(typed, name)) for _title, names in SECTIONS for name in names]
    return [(str(form.fields[name].label), lines_of(here, there)) for name, here, there in texts if here != there]


def text_of(form: TextForm, name: str) -> str:
    """A text as its field shows it once it is saved."""
    if form.is_bound:
        value = form.cleaned_data[name]
        return str(form.fields[name].prepare_value(value) or "")
    return str(form[name].value() or "").replace("\r\n", "\n")


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(UPLOAD)
def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """Another picture, other words for it, or none."""
    project = project_for(request.user, slug, Permission.EDIT)
    if request.method != "POST":
        return show_picture(request, project)
    by = current_user(request)
    if request.POST.get("do") == "remove":
        services.remove_picture(by=by, project=project)
        messages.success(request, _("The picture was removed."))
        return redirect("projects:picture-change", slug=slug)
    form = PictureForm(request.POST, request.FILES, auto_id="picture_%s")
    if form.is_valid() and not form.cleaned_data["picture"] and not project.picture:
        form.add_error("picture", _("Choose a file."))
    if not form.is_valid():
        return show_picture(request, project, 400, form)
    content, suffix = form.cleaned_data["picture"] or (b"", "")
    services.set_picture(by=by, project=project, content=content, suffix=suffix, description=form.cleaned_data["picture_description"])
    messages.success(request, _("Saved."))
    return redirect("projects:picture-change", slug=slug)
