"""Pages of a plan, for the people of its project."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Project
from projects.onboarding import plan_services as services
from projects.onboarding.forms.review import PlanItemForm
from projects.onboarding.models import PlanItem
from projects.onboarding.permissions import item_of, plan_of, project_of_plan, readable_plan
from projects.onboarding.plan_page import CHANGE, TAB, counts, show
from projects.page_context import project_context, render_project_page
from projects.permissions import Permission, can
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan, also as JSON and CSV; a POST adds an item, or makes the plan where there is none."""
    project = project_of_plan(request.user, slug, CHANGE if request.method == "POST" else Permission.VIEW)
    if request.method != "POST":
        return show(request, project)
    user, existing = current_user(request), plan_of(project)
    if existing is None:
        try:
            services.create(by=user, project=project)
        except services.PlanRefused as refused:
            messages.error(request, str(refused))
        return redirect("plan:plan", slug=slug)
    form = PlanItemForm(request.POST, auto_id="item_%s")
    if not form.is_valid():
        return show(request, project, 400, form=form)
    try:
        added = services.add(by=user, project=project, key=form.cleaned_data["key"], values=form.cleaned_data)
    except services.PlanRefused as refused:
        form.add_error(None, str(refused))
        return show(request, project, 409, form=form)
    return redirect(f"{reverse('plan:plan', args=[slug])}#item-{added.pk}")


@never_cache
@require_safe
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment of the project's page: how far the plan is; for those who edit a project without one, how to make it."""
    project = project_of_plan(request.user, slug)
    found = plan_of(project)
    rows = readable_plan(found, request.user).items if found else []
    context = {"plan": found, "may_change": can(request.user, project, CHANGE), **counts(rows)}
    return render(request, "onboarding/progress.html", project_context(request, project, TAB, **context))


@never_cache
@require_POST
@rate_limited(ACT)
def tick(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Give an item a state."""
    project = project_of_plan(request.user, slug, CHANGE)
    item_of(project, pk, request.user)
    state = request.POST.get("state", "")
    if state not in PlanItem.State.values:
        raise Http404(_("There is no such state."))
    try:
        services.tick(by=current_user(request), project=project, pk=pk, state=state)
    except services.PlanRefused as refused:
        messages.error(request, str(refused))
    return redirect(f"{reverse('plan:plan', args=[slug])}#item-{pk}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def item(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The words of an item: shown, and saved over the version that the writer saw."""
    project = project_of_plan(request.user, slug, CHANGE)
    row = item_of(project, pk, request.user)
    words = {name: getattr(row, name) for name in services.WORDS}
    if request.method != "POST":
        return show_item(request, project, row, PlanItemForm(initial={**words, "version": row.version}))
    form = PlanItemForm(request.POST)
    if not form.is_valid():
        return show_item(request, project, row, form, 400)
    seen = form.cleaned_data.get("version") or 0
    try:
        services.edit(by=current_user(request), project=project, pk=pk, seen=seen, values=form.cleaned_data)
    except services.ItemChanged as changed:
        again = PlanItemForm({**request.POST.dict(), "version": changed.item.version})
        theirs = [(again[name].label, getattr(changed.item, name) or "—") for name in services.WORDS]
        return show_item(request, project, changed.item, again, 409, refused=str(changed), theirs=theirs)
    except services.PlanRefused as refused:
        return show_item(request, project, row, form, 409, refused=str(refused))
    return redirect(f"{reverse('plan:plan', args=[slug])}#item-{pk}")


def show_item(request: HttpRequest, project: Project, row: PlanItem, form: PlanItemForm, status: int = 200, **more: Any) -> HttpResponse:
    """The form of one item."""
    context = {"item": row, "form": form, "is_own": row.source == PlanItem.Source.OWN, **more}
    return render_project_page(request, project, "onboarding/item.html", TAB, status=status, **context)


@never_cache
@require_POST
@rate_limited(ACT)
def move(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put an item one place further up, or down."""
    project = project_of_plan(request.user, slug, CHANGE)
    try:
        services.move(by=current_user(request), project=project, pk=pk, is_up=request.POST.get("way") == "up")
    except services.PlanRefused as refused:
        messages.error(request, str(refused))
    return redirect(f"{reverse('plan:plan', args=[slug])}#item-{pk}")


@never_cache
@require_POST
@rate_limited(ACT)
def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Remove an item that people added."""
    project = project_of_plan(request.user, slug, CHANGE)
    try:
        services.remove(by=current_user(request), project=project, pk=pk)
    except services.PlanRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Item removed."))
    return redirect("plan:plan", slug=slug)
