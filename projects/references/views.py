"""Pages of a project's references: the list with its filter, pasting, the words about one, their order, and undo."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Project, Resource
from projects.page_context import render_project_page
from projects.permissions import Permission, can, project_for, role_of
from projects.references import services
from projects.references.forms import MoveForm, PasteForm, WordsForm
from projects.references.indexed import OF_REFERENCES
from projects.references.project_choice import begin_adding
from projects.references.publicity import hidden_from_visitors
from projects.references.recognition import recognise
from projects.references.reference_list import as_row, page_of
from projects.resource_access import can_see, closed_resources
from projects.undo import Undo
from vre_portal.iam.current_user import current_user
from vre_portal.limits import UPLOAD, rate_limited
from vre_portal.pages import public_page
from vre_portal.tables import listing

UNDO = Undo("reference_undo")
PLACES = {"data": "datalake:index", "software": "software:index"}


@require_safe
@login_not_required
@public_page("projects", "people", *OF_REFERENCES)
def references(request: HttpRequest, slug: str) -> HttpResponse:
    """All references in their order, or those of one kind; as JSON and CSV too."""
    project = project_for(request.user, slug, Permission.VIEW)
    return show(request, project)


def show(request: HttpRequest, project: Project, status: int = 200, **context: Any) -> HttpResponse:
    """The list; for those who edit the project with the box for pasting, filled in again where lines were refused."""
    kind = request.GET.get("kind", "")
    kinds = [kind] if kind in Resource.Kind.values else Resource.Kind.values
    page = page_of(request, project, kinds, **({"kind": kind} if kind in kinds else {}))
    if request.GET.get("format"):
        rows = [as_row(item, with_people=role_of(request.user, project) is not None) for item in page.shown]
        made = listing(request, rows, following=page.next_url, filename=f"{project.slug}-references")
        if made is not None:
            return made
    bound = project.resources.filter(kind__in=[item for item in kinds if item in Resource.IN_LAKES])
    known = {
        "page": page,
        "resources": page.shown,
        "next_url": page.next_url,
        "kind": kind if kind in kinds else "",
        "closed": closed_resources(request.user, project, bound, page.origins),
        **editing_context(request, project, page.origins),
    }
    return render_project_page(request, project, "projects/references/index.html", "references", status=status, **{**known, **context})


def editing_context(request: HttpRequest, project: Project, origins: Any = None, *, with_names: bool = True) -> dict[str, Any]:
    """What those who edit the project see beside its references: the box, what visitors do not see, and undo."""
    if not can(request.user, project, Permission.EDIT):
        return {}
    watched = (project.is_public or project.embargo) and "after" not in request.GET  # said once, on the first page
    return {
        "paste_form": PasteForm(auto_id="paste_%s"),
        "here": request.get_full_path() if request.method == "GET" else reverse("projects:references", args=[project.slug]),
        "hidden": hidden_from_visitors(current_user(request), project, origins, with_names=with_names) if watched else None,
        "undo": removed_last(request, project),
    }


@require_POST
@rate_limited(UPLOAD)
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add what the pasted lines name, and answer each line; those that were refused stay in the box."""
    project = project_for(request.user, slug, Permission.EDIT)
    form = PasteForm(request.POST, auto_id="paste_%s")
    if not form.is_valid():
        return show(request, project, 400, paste_form=form)
    lines = recognise(form.cleaned_data["lines"], user=current_user(request), host=request.get_host())
    added = services.add_lines(by=current_user(request), project=project, lines=lines)
    refused = [item for item in added if item.resource is None]
    left = PasteForm(initial={"lines": "\n".join(item.line.text for item in refused)}, auto_id="paste_%s")
    return show(request, project, 400 if len(refused) == len(added) else 200, added=added, refused=len(refused), paste_form=left)


def resource_for(request: HttpRequest, project: Project, pk: int) -> Resource:
    """A reference of the project that the reader may see; raises Http404."""
    resource = get_object_or_404(Resource.objects.select_related("added_by"), pk=pk, project=project)
    if resource.origin is not None and not can_see(request.user, project, resource.origin):
        raise Http404(_("Not found in this project."))
    return resource


@require_http_methods(["GET", "HEAD", "POST"])
def reference(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The words about one reference: shown, and saved over what the writer saw."""
    project = project_for(request.user, slug, Permission.EDIT)
    resource = resource_for(request, project, pk)
    if request.method != "POST":
        return show_words(request, project, resource, WordsForm.of(resource))
    form = WordsForm(request.POST)
    if not form.is_valid():
        return show_words(request, project, resource, form, 400)
    try:
        changed = services.edit(by=current_user(request), project=project, pk=pk, seen=form.cleaned_data["version"], words=form.words())
    except services.WordsChanged as conflict:
        again = WordsForm({**form.words(), "version": conflict.resource.version})
        return show_words(request, project, conflict.resource, again, 409, theirs=differences(form, conflict.resource))
    except Resource.DoesNotExist:
        raise Http404(_("Not found in this project.")) from None
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect(f"{reverse('projects:references', args=[slug])}#reference-{pk}")


def differences(form: WordsForm, resource: Resource) -> list[tuple[str, str]]:
    """What is saved now where it is not what was typed: label and text."""
    typed = form.words()
    return [(str(form[name].label), getattr(resource, name)) for name in Resource.WORDS if getattr(resource, name) != typed[name]]


def show_words(
    request: HttpRequest, project: Project, resource: Resource, form: WordsForm, status: int = 200, **context: Any
) -> HttpResponse:
    """The form of one reference."""
    return render_project_page(
        request, project, "projects/references/edit.html", "references", status=status, resource=resource, form=form, **context
    )


@require_POST
def move(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put a reference before or after another one; a script gets an empty answer, a form the list again."""
    project = project_for(request.user, slug, Permission.EDIT)
    form = MoveForm(request.POST)
    is_script = request.headers.get("HX-Request") == "true"
    try:
        if not form.is_valid():
            raise services.NotMoved(_("Nothing was moved. Choose a place in the list."))
        services.move(by=current_user(request), project=project, pk=pk, beside=form.beside, is_after=form.is_after)
    except services.NotMoved as reason:
        if is_script:
            return HttpResponse(str(reason), status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, str(reason))
    return HttpResponse(status=204) if is_script else redirect(f"{back_to(request, project)}#reference-{pk}")


def back_to(request: HttpRequest, project: Project, otherwise: str = "references") -> str:
    """The page of the project from which a form was sent."""
    back = request.POST.get("back", "")
    is_own = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith(project.get_absolute_url())
    return back if is_own else reverse(f"projects:{otherwise}", args=[project.slug])


@require_safe
def find(request: HttpRequest, slug: str) -> HttpResponse:
    """Go and look for data, or for software with `?place=software`: what is added from there is offered to this project first."""
    project = project_for(request.user, slug, Permission.EDIT)
    begin_adding(request, project)
    return redirect(PLACES.get(request.GET.get("place", ""), "datalake:index"))


def note_removed(request: HttpRequest, project: Project, removed: dict[str, Any], name: str) -> None:
    """Remember for a while what was removed; `name` is what the person may read of it."""
    UNDO.note(request, project, name=name, removed=removed)


def removed_last(request: HttpRequest, project: Project) -> dict[str, Any] | None:
    """What the reader removed from this project a moment ago."""
    return UNDO.last(request, project)


@require_POST
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring back the reference that was removed last."""
    project = project_for(request.user, slug, Permission.EDIT)
    noted = removed_last(request, project)
    UNDO.forget(request)
    if noted is None:
        messages.error(request, _("Nothing to undo."))
    else:
        services.restore(by=current_user(request), project=project, removed=noted["removed"])
        messages.success(request, _("%(name)s is in this project again.") % {"name": noted["name"]})
    return redirect(back_to(request, project))
