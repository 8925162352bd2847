"""The doors by which a specification enters, and the page on which what was read is looked at and saved."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, can, know_roles, project_for
from projects.workflows.entering import bindings, forms, services
from projects.workflows.entering.beginning import EntryRefused
from projects.workflows.entering.editor_form import EditorForm
from projects.workflows.entering.editor_views import editor
from projects.workflows.entering.presenting import review_of, steps_shown
from projects.workflows.entering.saving import NoRoom
from projects.workflows.entering.siblings import choices_of, enter_another
from projects.workflows.entering.unsaved import next_to_go, opened
from projects.workflows.models import Entry, Specification
from projects.workflows.pages import TAB
from vre_portal.address_guard import AddressRefused
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited
from vre_portal.repositories.services import TooManyFetches
from vre_portal.secret_addresses import holds_secret
from vre_portal.text import number_of, plain

DOORS = ("git", "upload", "link", "editor", "copy")
MAX_COPIED = 50  # workflows that are listed to be copied
Refusals = (AddressRefused, TooManyFetches, EntryRefused)


def entry_for(request: HttpRequest, slug: str, pk: int) -> Entry:
    """Somebody's own entry in a project that they may edit."""
    project = project_for(request.user, slug, Permission.EDIT)
    rows = Entry.objects.select_related("specification__current", "base__specification", "version", "snapshot").defer("snapshot__listing")
    entry = get_object_or_404(rows, pk=pk, project=project, by=current_user(request))
    entry.project = project
    return entry


def draft(request: HttpRequest, project: Project, specification: Specification | None = None) -> Entry | None:
    """The person's own entry of the editor that the address names, of the workflow or of one that is new in the project."""
    rows = current_user(request).workflow_entries.filter(origin=Entry.Origin.EDITOR, project=project, specification=specification)
    number = number_of(request.GET.get("entry", ""))
    return rows.filter(pk=number).first() if number else None


def door_of(request: HttpRequest) -> str:
    """Which door the address names."""
    door = request.GET.get("from", "")
    return door if door in DOORS else "git"


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
@never_cache
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """The ways by which a workflow enters, each with its form."""
    project, door = project_for(request.user, slug, Permission.EDIT), door_of(request)
    if door == "editor":
        editor_form = EditorForm(request.POST if request.method == "POST" else None, draft=draft(request, project))
        editor_form.begins_with(forms.EXAMPLE)
        return editor(request, project, editor_form, "workflows/entering/new.html", door=door, next_to_go=next_to_go(request))
    form = form_of(request, door)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            return opened(request, entered(request, project, door, form))
        except Refusals as refusal:
            form.add_error(None, str(refusal))
    status = 422 if form is not None and form.is_bound else 200
    page: dict[str, Any] = {"door": door, "form": form, "next_to_go": next_to_go(request)}
    if door == "copy":
        page |= {"query": request.GET.get("q", "").strip()[:200], "sources": to_copy(request, project)}
    return render(request, "workflows/entering/new.html", project_context(request, project, TAB, **page), status=status)


def form_of(request: HttpRequest, door: str) -> Any:
    """The form of a door, filled in from the address where it opens; None for the one that is a list."""
    data = request.POST if request.method == "POST" else None
    if door == "git":
        return forms.GitForm(data, initial=forms.source_in(request.GET))
    if door == "upload":
        return forms.UploadForm(data, request.FILES if data is not None else None)
    if door == "link":
        return forms.LinkForm(data, initial={"link": request.GET.get("link", "")[:8000]})
    return forms.KeyForm(data)


def entered(request: HttpRequest, project: Project, door: str, form: Any) -> Entry:
    """The entry that a valid form makes. Raises one of Refusals."""
    values: dict[str, Any] = form.cleaned_data
    whose: dict[str, Any] = {"by": current_user(request), "project": project, "key": values["key"]}
    if door == "upload":
        return services.enter_files(**whose, files=values["uploads"])
    if door == "link":
        entry = services.enter_link(**whose, link=values["link"])
        for part in values["link"].left_out:
            messages.warning(request, _("This part of the link is not used: %(part)s.") % {"part": part})
        return entry
    if door == "copy":
        return services.enter_copy(**whose, source=source_of(request))
    origin = Entry.Origin.SOFTWARE if request.GET.get("software") else Entry.Origin.GIT
    return services.enter_repository(
        **whose, address=values["address"], ref=values["ref"], origin=origin, path=request.GET.get("path", "")[:300]
    )


def source_of(request: HttpRequest) -> Specification:
    """The workflow that is to be copied, of a project that the person sees."""
    slug, _slash, name = request.POST.get("source", "").partition("/")
    project = project_for(request.user, slug, Permission.VIEW)
    return get_object_or_404(Specification.objects.select_related("project", "current"), project=project, name=name)


def to_copy(request: HttpRequest, project: Project) -> list[Specification]:
    """Workflows of other projects that the person sees and that match, those of their own projects first."""
    query = request.GET.get("q", "").strip()[:200]
    user = current_user(request)
    visible = Project.objects.visible_to(user).exclude(pk=project.pk)
    rows = Specification.objects.filter(project__in=visible, current__isnull=False).in_use().select_related("project")
    if query:
        rows = rows.filter(title__icontains=query) | rows.filter(project__title__icontains=query)
    mine = set(Project.objects.mine(user).values_list("pk", flat=True))
    found = list(rows.defer("code", "text", "data")[: MAX_COPIED * 4])
    return sorted(found, key=lambda item: (item.project_id not in mine, item.title))[:MAX_COPIED]


@require_safe
def add(request: HttpRequest) -> HttpResponse:
    """The reader's projects into which a repository, such as that of a software entry, can be brought as a workflow."""
    address, ref = request.GET.get("address", "")[:500], request.GET.get("ref", "")[:200]
    if not address or holds_secret(address):
        raise Http404(_("The link names no repository."))
    mine = list(Project.objects.mine(current_user(request)))
    know_roles(request.user, mine)
    query = urlencode({"from": "git", "address": address, "ref": ref, "software": "1"})
    places = [
        (item, f"{reverse('workflows:enter', args=[item.slug])}?{query}") for item in mine if can(request.user, item, Permission.EDIT)
    ]
    return render(request, "workflows/entering/add.html", {"address": address, "places": places})


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
@never_cache
def entry(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What was read, and saving it; while it is being read, how far that is."""
    entry = entry_for(request, slug, pk)
    if entry.version is not None and entry.specification is not None:
        return redirect(entry.specification)
    page: dict[str, Any] = {"entry": entry}
    if request.headers.get("HX-Request") == "true" and request.method != "POST":
        response = render(request, "workflows/entering/progress.html", project_context(request, entry.project, TAB, **page))
        if not entry.is_changing:
            response["HX-Redirect"] = entry.get_absolute_url()
        return response
    if entry.state == Entry.State.LOST and entry.specification is not None:  # whose page says what is lost, and offers the way on
        return redirect(f"{entry.specification.get_absolute_url()}#lost")
    status = 200
    if entry.state == Entry.State.READ:
        by = current_user(request)
        hidden = frozenset(bindings.hidden_bindings(by, entry))
        form = forms.SaveForm(request.POST or None, entry=entry, by=by, known=bindings.bindings_of(by, entry), hidden=hidden)
        if request.method == "POST" and form.is_valid() and (saved := save(request, entry, form)):
            following = another(request, entry)
            return opened(request, following) if following else redirect(saved)
        status = 409 if form.compare_again else 422 if form.is_bound else 200
        page |= {"form": form, "review": review_of(entry), "shown": steps_shown(request, entry)}
    if entry.state == Entry.State.CHOICE:
        page["choices"] = choices_of(entry)
    return render(request, "workflows/entering/entry.html", project_context(request, entry.project, TAB, **page), status=status)


def another(request: HttpRequest, entry: Entry) -> Entry | None:
    """The next choice among what this one was chosen from, where the person wants one."""
    if request.POST.get("then") != "another" or len(entry.choices) < 2:
        return None
    try:
        return enter_another(by=current_user(request), entry=entry, key=uuid.uuid5(entry.key, "another"))
    except Refusals as refusal:
        messages.error(request, str(refusal))
        return None


def save(request: HttpRequest, entry: Entry, form: forms.SaveForm) -> Specification | None:
    """The workflow that what was read was saved as; None with an error on the form."""
    values, before = form.cleaned_data, entry.specification.current_id if entry.specification else None
    try:
        version = services.save(
            by=current_user(request), entry=entry, name=values.get("name", ""), title=values["title"], bindings=form.bindings(),
            seen=values.get("seen"),
        )  # fmt: skip
    except services.ChangedMeanwhile as changed:
        form.add_error(None, str(changed))
        form.compare_again = True
        return None
    except services.NameTaken as taken:
        form.add_error("name" if "name" in form.fields else None, str(taken))
        return None
    except (EntryRefused, NoRoom) as refusal:
        form.add_error(None, str(refusal))
        return None
    if version.pk == before:
        messages.info(request, _("Nothing differs from version %(number)s, so there is no new version.") % {"number": version.number})
    else:
        messages.success(request, _("Version %(number)s was saved.") % {"number": version.number})
    return version.specification


@require_POST
@rate_limited(ACT)
def choose(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say which of several specifications is meant."""
    entry = entry_for(request, slug, pk)
    try:
        services.choose(entry=entry, path=request.POST.get("path", ""))
    except EntryRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(entry)


@require_POST
@rate_limited(ACT)
def discard(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Delete one's own entry that was not saved, with what was uploaded for it."""
    entry = entry_for(request, slug, pk)
    if entry.version is not None and entry.specification is not None:
        return redirect(entry.specification)
    entry.delete()
    messages.success(request, _("“%(name)s” was discarded. Nothing of it is saved in the project.") % {"name": plain(entry)[:200]})
    return redirect(entry.specification or reverse("workflows:index", args=[slug]))
