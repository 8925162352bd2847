"""The pages on which a project is begun."""

import uuid
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import checklist
from projects.models import Project, Tombstone
from projects.outlines import OUTLINES
from projects.permissions import Permission, can, can_create_projects
from projects.start import services, slugs
from projects.start.forms import NewProjectForm, RepositoryForm
from projects.start.starting_points import LINKED, StartingPoint, projects_to_copy, starting_point_of
from vre_portal.address_guard import AddressRefused
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, LOOKUP, rate_limited
from vre_portal.repositories import services as repositories
from vre_portal.repositories.models import Snapshot
from vre_portal.vocabularies import spdx

LONGEST_MAIL = 1500  # characters of a mail's text in a link


def show(request: HttpRequest, source: StartingPoint, status: int = 200, **more: Any) -> HttpResponse:
    """The page: the ways to begin, what is to be chosen first, then the form."""
    user, query = current_user(request), request.GET.get("q", "").strip()[:200]
    context: dict[str, Any] = {
        "source": source,
        "outlines": OUTLINES,
        "query": query,
        "form": NewProjectForm(source),
        "licences": spdx.OFFERED,
        **more,
    }
    if not can_create_projects(user):
        return refused(request, context["form"], status)
    if source.way == "copy" and source.plan is None:
        context["projects"] = projects_to_copy(user, query)
    if source.way == "repository" and source.is_waiting and "repository_form" not in context:
        known = {"address": source.snapshot.address, "ref": source.snapshot.ref} if source.snapshot else {}
        context["repository_form"] = RepositoryForm(initial={"key": uuid.uuid4(), **known}, auto_id="repository_%s")
    return render(request, "projects/start/new.html", context, status=status)


def refused(request: HttpRequest, form: NewProjectForm, status: int = 200) -> HttpResponse:
    """Why the person may not begin a project, whom to ask, and what was typed, to be kept."""
    typed = form.typed()
    text = "\n\n".join(f"{label}:\n{value}" for label, value in typed)
    link = {
        name: form[name].value() for name in LINKED if name in form.fields and isinstance(form[name].value(), str) and form[name].value()
    }
    address = f"{settings.PORTAL_URL}{reverse('start:new')}?{urlencode({name: value[:LONGEST_MAIL] for name, value in link.items()})}"
    mail = f"subject={quote(_('Request for a new project'))}&body={quote(text[:LONGEST_MAIL])}"
    context = {"groups": settings.PROJECT_CREATORS, "contact": settings.PROJECT_CREATORS_CONTACT, "mail": mail, "text": text}
    asked = {name: link[name][:LONGEST_MAIL] for name in ("title", "summary") if name in link}
    context |= {"link": address if typed else "", "query_text": urlencode(asked)}
    return render(request, "projects/start/refused.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def new(request: HttpRequest) -> HttpResponse:
    """The form, filled in from the address, and the project that it creates."""
    by = current_user(request)
    if request.method != "POST":
        return show(request, starting_point_of(by, request.GET.dict()))
    # What the form created before is looked for first: its own project may have taken the address, or its source may be gone.
    if answer := sent_before(request):
        return answer
    source = starting_point_of(by, sent_source(request.POST.dict()))
    form = NewProjectForm(source, request.POST)
    if not can_create_projects(by):
        return refused(request, form, 403)
    if not form.is_valid():
        # Looked for again: the other press of the button may have taken the address meanwhile.
        return sent_before(request) or show(request, source, 400, form=form)
    try:
        project = services.create(
            by=by, key=form.cleaned_data["key"], slug=form.cleaned_data["slug"], values=form.values(), outline=source.outline_name,
            source=source.plan.source if source.plan else None, parts=form.cleaned_data.get("parts", ()), snapshot=source.snapshot,
        )  # fmt: skip
    except services.SlugTaken as taken:
        form.add_error("slug", str(taken))
        return show(request, source, 409, form=form)
    except services.FormUsed as used:
        return show_used(request, used.tombstone)
    for level, sentence in outcome(by, project):
        messages.add_message(request, level, sentence)
    return redirect(project)


def form_key(request: HttpRequest) -> uuid.UUID | None:
    """The key of the form that was sent; nothing where it has none, which the form says."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def sent_before(request: HttpRequest) -> HttpResponse | None:
    """The answer to a form that has created a project already; None for one that has not."""
    try:
        if (key := form_key(request)) and (earlier := services.created_with(current_user(request), key)):
            return to_earlier(request, earlier)
    except services.FormUsed as used:
        return show_used(request, used.tombstone)
    return None


def to_earlier(request: HttpRequest, project: Project) -> HttpResponse:
    """The project that a form created when it was sent before."""
    text = _(
        "This form has created this project already. It was not created again. If you changed the form since, enter the changes in Settings."
    )
    if not can(current_user(request), project, Permission.VIEW):
        messages.info(request, _("This form has created a project already, which you can't see any more. Nothing was created."))
        return redirect("projects:index")
    messages.info(request, text)
    return redirect(project)


def show_used(request: HttpRequest, tombstone: Tombstone) -> HttpResponse:
    """A form whose project was deleted: it stays as it was typed, with a key of its own, and creates another one only when it is sent again."""
    sent = request.POST.copy()
    sent["key"] = str(uuid.uuid4())
    try:
        source = starting_point_of(current_user(request), sent_source(request.POST.dict()))
    except Http404:  # it is gone, too; the texts are in the form
        source = StartingPoint("empty")
    return show(request, source, 409, form=NewProjectForm(source, sent), used=tombstone)


def sent_source(values: dict[str, str]) -> dict[str, str]:
    """What the sent form was begun from, by the names of addresses; its own field `repository` is a web address."""
    names = {"copy": "copy", "snapshot": "repository", "template": "template"}
    return {names[name]: value for name, value in values.items() if name in names}


def outcome(by: User, project: Project) -> list[tuple[int, str]]:
    """What was created, what of another project was and was not copied, and what comes next, each with the level of its message."""
    sentences = [(messages.SUCCESS, _("The project was created as a draft. Only the people of this project can see it."))]
    copied, missed = project.begun_from.get("copied", 0), project.begun_from.get("not_copied", 0)
    if copied:
        text = ngettext("%(n)s reference was copied.", "%(n)s references were copied.", copied)
        sentences.append((messages.SUCCESS, text % {"n": copied}))
    if missed:
        text = ngettext(
            "%(n)s reference was not copied: you did not choose it, or you can't see it.",
            "%(n)s references were not copied: you did not choose them, or you can't see them.",
            missed,
        )
        sentences.append((messages.INFO, text % {"n": missed}))
    if project.begun_from.get("specifications"):
        text = _("The workflow specifications of the repository were not added yet: open the Workflows tab and add a workflow.")
        sentences.append((messages.WARNING, text))
    lines = [line for line in checklist.checks(by, project) if line.is_required]
    open_lines = sum(not line.is_done for line in lines)
    if open_lines:
        text = ngettext(
            "Next: %(n)s of %(total)s things is missing before it can be public. The list is linked below.",
            "Next: %(n)s of %(total)s things are missing before it can be public. The list is linked below.",
            open_lines,
        )
        sentences.append((messages.INFO, text % {"n": open_lines, "total": len(lines)}))
    return sentences


@require_safe
def address(request: HttpRequest) -> HttpResponse:
    """Whether the name in the address is free, while it is typed: a line of the form."""
    title, slug = request.GET.get("title", "")[:200], request.GET.get("slug", "").strip().lower()[:100]
    wanted = slug or slugs.slug_of(title)
    if wanted == slugs.slug_of(title):
        wanted, why = slugs.first_free(wanted), ""
    else:
        why = slugs.problem(wanted)
    return render(request, "projects/start/address.html", {"slug": wanted, "problem": why, "is_empty": not (slug or title.strip())})


@require_POST
@rate_limited(LOOKUP)
def repository(request: HttpRequest) -> HttpResponse:
    """Have a repository fetched."""
    by, form, source = current_user(request), RepositoryForm(request.POST, auto_id="repository_%s"), StartingPoint("repository")
    if not can_create_projects(by):
        return refused(request, NewProjectForm(source), 403)
    if form.is_valid():
        values = form.cleaned_data
        try:
            snapshot = repositories.fetch(by=by, address=values["address"], ref=values["ref"], key=values["key"])
            return redirect(f"{reverse('start:new')}?repository={snapshot.pk}")
        except (AddressRefused, repositories.TooManyFetches) as refusal:
            form.add_error("address", str(refusal))
    return show(request, source, 400, repository_form=form)


@require_safe
def repository_state(request: HttpRequest, pk: int) -> HttpResponse:
    """How a fetch goes on, as a part of the page; the page itself is asked for anew once it has ended."""
    snapshot = get_object_or_404(Snapshot, pk=pk, by=current_user(request))
    response = render(request, "projects/start/fetching.html", {"snapshot": snapshot})
    if snapshot.state != Snapshot.State.QUEUED:
        response["HX-Redirect"] = f"{reverse('start:new')}?repository={snapshot.pk}"
    return response
