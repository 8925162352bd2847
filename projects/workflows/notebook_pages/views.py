"""Notebook pages: their list, a page with its form and its result, and what members and editors do with them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.locking import ProjectClosed
from projects.page_context import render_project_page
from projects.permissions import Permission, can, project_for, role_of
from projects.workflows.entering.saving import NoRoom
from projects.workflows.models import NotebookPage, NotebookPicture
from projects.workflows.notebook_pages import generating, presenting, services
from projects.workflows.notebook_pages.forms import NewPageForm, PageForm, candidates
from projects.workflows.notebook_pages.permissions import can_see_page, can_see_rendering
from projects.workflows.notebook_pages.values import ValuesForm, address_of, digest_of
from projects.workflows.pages import TAB
from projects.workflows.refusals import NotNow
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, LAUNCH, rate_limited
from vre_portal.pages import public_page
from vre_portal.tables import listing
from vre_portal.text import storable


def page_for(request: HttpRequest, slug: str, name: str, permission: Permission = Permission.VIEW) -> NotebookPage:
    """A page, for somebody who sees it and may do this in its project. Raises Http404, PermissionDenied."""
    project = project_for(request.user, slug, permission)
    rows = NotebookPage.objects.select_related("specification__current", "source__current")
    page = get_object_or_404(rows, specification__project=project, specification__name=storable(name))
    page.specification.project = project
    if not can_see_page(request.user, page):
        raise Http404("No NotebookPage matches the given query.")  # untranslated: as Django says it where there is none
    return page


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The notebook pages of a project that the reader may see."""
    project = project_for(request.user, slug, Permission.VIEW)
    rows = NotebookPage.objects.filter(specification__project=project).select_related("specification").defer("specification__text")
    rows = rows if role_of(request.user, project) is not None else rows.filter(is_public=True)
    pages = list(rows)
    for page in pages:
        page.specification.project = project
    table = [{"title": str(page), "url": page.get_absolute_url(), "public": page.is_public} for page in pages]
    made = listing(request, table, following="", filename=f"{slug}-notebook-pages") if request.GET.get("format") else None
    return made or render_project_page(request, project, "workflows/notebook_pages/index.html", TAB, pages=pages)


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def show(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The form, and the result for the values of the address."""
    page = page_for(request, slug, name)
    specification = page.specification
    form = ValuesForm(request.GET, specification=specification)
    is_valid = form.is_valid()
    parameters = form.parameters if is_valid else {}
    rendering = presenting.rendering_of(request, page, digest_of(parameters)) if is_valid else None
    if request.GET.get("format") == "json":
        errors: dict[str, Any] = {} if is_valid else {"errors": form.errors.get_json_data()}
        errors |= {"notes": form.notes} if form.notes else {}
        return JsonResponse(presenting.described(page, rendering, parameters) | errors, status=200 if is_valid else 422)
    with_code = request.GET.get("code") == "1"
    address = address_of(page, parameters)
    context: dict[str, Any] = {
        "page": page,
        "specification": specification,
        "form": form,
        "rendering": rendering,
        "address": address,
        "with_code": with_code,
        "parts": presenting.parts_of(page, rendering, with_code=with_code) if rendering and rendering.has_result else [],
        "results": presenting.results_of(request, page),
        "why_not": services.why_not_computed(specification),
        "is_behind": generating.is_behind(page) if role_of(request.user, specification.project) is not None else False,
        "lab": presenting.lab_address(page, specification.current),
        "cell": presenting.cell_of(parameters),
    }
    status = 200 if is_valid else 422
    return render_project_page(request, specification.project, "workflows/notebook_pages/show.html", TAB, status=status, **context)


@require_safe
@login_not_required
def picture(request: HttpRequest, slug: str, name: str, rendering: int, number: int) -> HttpResponse:
    """A picture of a result."""
    page = page_for(request, slug, name)
    of = get_object_or_404(presenting.with_runs(page.renderings.defer("sections")), pk=rendering)
    if not can_see_rendering(request.user, of):
        raise Http404("No NotebookPicture matches the given query.")  # untranslated: as Django says it where there is none
    found = get_object_or_404(NotebookPicture, rendering=of, number=number)
    response = HttpResponse(bytes(found.content), content_type="image/png")
    response["Cache-Control"] = "private, max-age=300"
    return response


@require_POST
@rate_limited(LAUNCH)
def compute(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Have the result for some values computed, or computed again."""
    page = page_for(request, slug, name, Permission.LAUNCH)
    form = ValuesForm(request.POST, specification=page.specification)
    if not form.is_valid():
        messages.error(request, _("Nothing was computed. Correct the values and try again."))
        return redirect(form.address_on(page))
    if form.old_version is not None:
        messages.error(request, _("Nothing was computed: the workflow was updated. Look at the values and press again."))
        return redirect(form.address_on(page))
    try:
        found = services.compute(by=current_user(request), page=page, parameters=form.parameters, again=bool(request.POST.get("again")))
        if not can_see_rendering(request.user, found):
            messages.info(request, _("This result comes from restricted data. You need access to the data to read it."))
    except NotNow as error:
        messages.error(request, str(error))
    return redirect(f"{form.address_on(page)}#result")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose the notebook of a new page."""
    project = project_for(request.user, slug, Permission.EDIT)
    form = NewPageForm(request.POST or None, found=candidates(project), can_publish=can(request.user, project, Permission.PUBLISH))
    if form.is_bound and form.is_valid():
        chosen, is_public = form.candidate, form.cleaned_data["is_public"]
        by = current_user(request)
        try:
            if chosen.is_output:
                page = services.add_page(by=by, specification=chosen.specification, is_public=is_public, output=chosen.path)
            else:
                image = form.cleaned_data["environment"]
                page = generating.make_page(by=by, source=chosen.specification, notebook=chosen.path, image=image, is_public=is_public)
            return redirect(page)
        except (NotNow, NoRoom, ProjectClosed) as error:
            form.add_error(None, str(error))
    status = 422 if form.is_bound else 200
    return render_project_page(request, project, "workflows/notebook_pages/new.html", TAB, status=status, form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def edit(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Who sees the page, and its description."""
    page = page_for(request, slug, name, Permission.EDIT)
    can_publish = can(request.user, page.specification.project, Permission.PUBLISH)
    form = PageForm(request.POST or None, instance=page, can_publish=can_publish)
    if form.is_bound and form.is_valid():
        try:
            services.change_page(by=current_user(request), page=page, **form.cleaned_data)
            return redirect(page)
        except ProjectClosed as closed:
            form.add_error(None, str(closed))
    status = 422 if form.is_bound else 200
    context = {"form": form, "page": page}
    return render_project_page(request, page.specification.project, "workflows/notebook_pages/edit.html", TAB, status=status, **context)


@require_POST
@rate_limited(ACT)
def update(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Take the notebook as it is now in the workflow that it comes from."""
    page = page_for(request, slug, name, Permission.EDIT)
    try:
        generating.update_page(by=current_user(request), page=page)
        messages.success(request, _("The page uses the current notebook now."))
    except (NotNow, NoRoom, ProjectClosed) as error:
        messages.error(request, str(error))
    return redirect(page)


@require_POST
@rate_limited(ACT)
def remove(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Remove the page; its workflow and the runs stay."""
    page = page_for(request, slug, name, Permission.EDIT)
    try:
        services.remove_page(by=current_user(request), page=page)
        messages.success(request, _("The page was removed. The workflow and its runs are unchanged."))
    except ProjectClosed as closed:
        messages.error(request, str(closed))
    return redirect(reverse("notebook-pages:index", args=[slug]))
