"""A workflow's own page, its versions and what differs between them; updating, editing, archiving and deleting it."""

import uuid
from collections.abc import Callable
from functools import partial
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datalake.pages.addresses import did_address
from projects.page_context import project_context
from projects.permissions import Permission, can, project_for
from projects.workflows.entering import forms, reading_again, services
from projects.workflows.entering.beginning import EntryRefused
from projects.workflows.entering.bindings import can_know
from projects.workflows.entering.changes import changes
from projects.workflows.entering.editor_form import EditorForm
from projects.workflows.entering.editor_views import editor
from projects.workflows.entering.origins import repository_of
from projects.workflows.entering.presenting import review_of, steps_shown
from projects.workflows.entering.siblings import enter_sibling
from projects.workflows.entering.unsaved import opened
from projects.workflows.entering.views import draft
from projects.workflows.launching.field_values import sent
from projects.workflows.models import Entry, Specification
from projects.workflows.pages import TAB, visible_runs
from projects.workflows.parameter_fields import carries, parameter_field
from vre_portal.address_guard import AddressRefused
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, SEARCH, rate_limited
from vre_portal.pages import public_page
from vre_portal.repositories.services import TooManyFetches
from vre_portal.text import number_of

MAX_VERSIONS = 200


def specification_for(request: HttpRequest, slug: str, name: str, permission: Permission = Permission.VIEW) -> Specification:
    """A workflow of a project, for somebody who may do this with it."""
    project = project_for(request.user, slug, permission)
    specification = get_object_or_404(Specification.objects.select_related("current__added_by"), project=project, name=name)
    specification.project = project
    return specification


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def show(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """What the workflow is, where it comes from, and what can be done with it."""
    specification = specification_for(request, slug, name)
    if request.GET.get("format") == "json":
        return JsonResponse(described(request, specification))
    current = specification.current
    can_edit = can(request.user, specification.project, Permission.EDIT)
    page: dict[str, Any] = {
        "specification": specification,
        "version": current,
        "review": review_of(current, specification) if current else None,
        "bindings": bindings(request, specification.data),
        "launch_query": launch_query(specification),
        "runs": visible_runs(request, specification.project).filter(specification=specification).count(),
        "can_delete": can_edit and not specification.runs.exists(),
        "shown": steps_shown(request, specification),
        "repository": repository_of(specification) if can_edit or specification.lost else None,
        "key": uuid.uuid4() if can_edit else None,
    }
    if can_edit and (source := page["repository"]):
        asked = forms.source_in(request.GET)
        page["is_asked"] = bool(asked.get("address"))
        known = asked if page["is_asked"] else {"address": source.address, "ref": source.ref}
        page["follow"] = forms.GitForm(initial=known, auto_id="follow-%s")
    return render(request, "workflows/entering/show.html", project_context(request, specification.project, TAB, **page))


def bindings(request: HttpRequest, data: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    """Each input from a lake with its DID and the DID's page; the name of a restricted file is for those who may read it."""
    rows = []
    for path, bound in sorted(data.items()):
        if not bound.get("did"):
            rows.append((path, _("chosen at launch"), ""))
        elif can_know(request.user, bound):
            scope, _colon, name = bound["did"].partition(":")
            rows.append((path, bound["did"], did_address("did", bound["lake"], scope, name) if bound.get("lake") and name else ""))
        else:
            rows.append((path, _("restricted"), ""))
    return rows


def launch_query(specification: Specification) -> str:
    """The query of the launch form: the workflow, its version where another one is current, and the values of the launch link by which it entered."""
    offered = specification.current.offered if specification.current else {}
    known, hints = specification.default_parameters, specification.hints
    values = {}
    for name, value in offered.items():
        if name not in known:
            continue
        field = parameter_field(known[name], hints.of(name))
        if carries(field, value):
            values[f"p-{name}"] = sent(field, value)
        elif isinstance(value, str | int | float):  # the launch form says why it is not used
            values[f"p-{name}"] = str(value)
    version = {"version": specification.current.number} if specification.current and specification.newest else {}
    return urlencode({"specification": specification.name, **version, **values})


def described(request: HttpRequest, specification: Specification) -> dict[str, Any]:
    """The workflow as `?format=json` gives it."""
    current = specification.current
    return {
        "name": specification.name,
        "title": specification.title,
        "engine": specification.reana_yaml.engine,
        "version": current.number if current else None,
        "origin": current.origin if current else None,
        "address": current.address if current else specification.source,
        "commit": specification.commit,
        "newer_commit": specification.newer_commit,
        "path": specification.path,
        "parameters": specification.default_parameters,
        "inputs": {path: did for path, did, _url in bindings(request, specification.data)},
        "faults": list(specification.faults),
        "archived": specification.archived_at is not None,
    }


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def versions(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """All versions, newest first."""
    specification = specification_for(request, slug, name)
    rows = list(specification.versions.select_related("added_by").defer("text", "reading", "input_parameters")[:MAX_VERSIONS])
    page = {"specification": specification, "versions": list(zip_longest(rows, rows[1:]))[: len(rows)]}
    return render(request, "workflows/entering/versions.html", project_context(request, specification.project, TAB, **page))


@require_safe
@login_not_required
@rate_limited(SEARCH)
@public_page("projects", "people", "runs")
def compare(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """What differs between two versions."""
    specification = specification_for(request, slug, name)
    newest = specification.current.number if specification.current else 0
    after = number_of(request.GET.get("to", "")) or newest
    before = number_of(request.GET.get("from", "")) or after - 1
    found = {row.number: row for row in specification.versions.filter(number__in=(before, after)).defer("reading")}
    if before not in found or after not in found:
        raise Http404(_("This workflow has no such versions."))
    old, new = found[before], found[after]
    page = {"specification": specification, "old": old, "new": new, "documents": (old, new), "changes": changes(old, new)}
    return render(request, "workflows/entering/compare.html", project_context(request, specification.project, TAB, **page))


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
@never_cache
def edit(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The editor with the text of the current version, or of an entry that is not saved yet."""
    specification = specification_for(request, slug, name, Permission.EDIT)
    data = request.POST if request.method == "POST" else None
    form = EditorForm(data, version=specification.current, draft=draft(request, specification.project, specification))
    form.begins_with(specification.text)
    faults = specification.reana_yaml.faults
    return editor(request, specification.project, form, "workflows/entering/edit.html", specification=specification, faults=faults)


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
@never_cache
def upload(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The files of a new version, which is compared with the current one before it is saved."""
    specification = specification_for(request, slug, name, Permission.EDIT)
    form = forms.VersionUploadForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            return opened(
                request,
                services.enter_files(
                    by=current_user(request), project=specification.project, key=values["key"], files=values["uploads"],
                    specification=specification, keeps_others=values["keeps_others"],
                ),
            )  # fmt: skip
        except EntryRefused as refusal:
            form.add_error(None, str(refusal))
    page = {"specification": specification, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "workflows/entering/upload.html", project_context(request, specification.project, TAB, **page), status=status)


@require_POST
@rate_limited(ACT)
def update(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Have a job look whether the repository has a newer commit, or read the branch that is to be followed instead."""
    source = {}
    if "address" in request.POST:
        form = forms.GitForm(request.POST)
        if not form.is_valid():
            messages.error(request, str(next(iter(form.errors.values()))[0]))
            return redirect(specification_for(request, slug, name, Permission.EDIT))
        source = {field: form.cleaned_data[field] for field in ("address", "ref")}
    return _entered(request, slug, name, partial(reading_again.look_for_update, **source))


@require_POST
@rate_limited(ACT)
def another(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Choose another specification of the repository from which the workflow came."""
    return _entered(request, slug, name, enter_sibling)


@require_POST
@rate_limited(ACT)
def read_again(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Have the engine asked once more about what it gave no answer to."""
    return _entered(request, slug, name, reading_again.read_again)


@require_POST
@rate_limited(ACT)
def restore(request: HttpRequest, slug: str, name: str, number: int) -> HttpResponse:
    """Read an earlier version, which is compared with the current one and saved as the next."""
    return _entered(request, slug, name, partial(reading_again.restore, number=number))


def _entered(request: HttpRequest, slug: str, name: str, enter: Callable[..., Entry]) -> HttpResponse:
    """The page of what a job reads now, or the workflow's own with the reason why nothing is read."""
    specification = specification_for(request, slug, name, Permission.EDIT)
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        key = uuid.uuid4()
    try:
        return opened(request, enter(by=current_user(request), specification=specification, key=key))
    except (EntryRefused, AddressRefused, TooManyFetches) as refusal:
        messages.error(request, str(refusal))
        return redirect(specification)


@require_POST
@rate_limited(ACT)
def archive(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Offer the workflow for new runs no more, or again."""
    specification = specification_for(request, slug, name, Permission.EDIT)
    archived = request.POST.get("archived") == "yes"
    services.set_archived(by=current_user(request), specification=specification, archived=archived)
    messages.success(request, _("The workflow was archived. Its runs stay.") if archived else _("The workflow can be launched again."))
    return redirect(specification)


@require_POST
@rate_limited(ACT)
def delete(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Delete a workflow without runs."""
    specification = specification_for(request, slug, name, Permission.EDIT)
    try:
        services.delete(by=current_user(request), specification=specification)
    except EntryRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(specification)
    messages.success(request, _("“%(title)s” was deleted.") % {"title": specification.title})
    return redirect(reverse("workflows:index", args=[slug]))
