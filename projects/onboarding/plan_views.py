"""Pages of a plan: for the people of its project, and read-only by a link."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Project
from projects.onboarding import plan_services as services
from projects.onboarding.forms.review import PlanItemForm
from projects.onboarding.models import Plan, PlanItem
from projects.onboarding.permissions import item_of, plan_of, project_of_plan, visible_items
from projects.page_context import project_context, render_project_page
from projects.people.invitation_views import unlisted
from projects.permissions import Permission, can
from projects.requests.models import Request
from projects.requests.permissions import readable_by
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, RateLimit, rate_limited
from vre_portal.search.audiences import Reader
from vre_portal.tables import listing

CHANGE = Permission.EDIT
READ = RateLimit("search", frozenset({"GET", "HEAD"}))  # by a secret address: nobody tries many


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


def show(request: HttpRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    """The page of a plan with its items in order."""
    found = plan_of(project)
    rows, hidden = rows_of(found, request.user) if found else ([], 0)
    if found and status == 200:
        made = listing(request, [as_row(row) for row in rows], following=None, filename=f"{project.slug}-plan")
        if made is not None:
            return made
    readable = Request.objects.filter(readable_by(current_user(request)), pk__in=[row.request_id for row in rows if row.request_id])
    context = {
        "plan": found,
        "rows": rows,
        "hidden": hidden,
        "readable": set(readable.values_list("pk", flat=True)),
        "may_change": can(request.user, project, CHANGE),
        "may_share": can(request.user, project, Permission.PEOPLE),
        "form": PlanItemForm(auto_id="item_%s", initial={"key": uuid.uuid4()}),
        "share_key": uuid.uuid4(),
        **counts(rows),
        **more,
    }
    return render_project_page(request, project, "onboarding/plan.html", "overview", status=status, **context)


def rows_of(plan: Plan, reader: Reader) -> tuple[list[PlanItem], int]:
    """The items that the reader may know of, and how many there are besides."""
    items = plan.items.select_related("request", "ticked_by")
    rows = list(visible_items(reader, items))
    return rows, plan.items.count() - len(rows)


def counts(rows: list[PlanItem]) -> dict[str, int]:
    """How far the plan is, of what the reader sees."""
    needed = [row for row in rows if row.state != PlanItem.State.NOT_NEEDED]
    return {"needed": len(needed), "done": sum(row.state == PlanItem.State.DONE for row in needed)}


def as_row(row: PlanItem) -> dict[str, Any]:
    """An item as a row of a table."""
    return {
        "number": row.pk,
        "title": row.title,
        "need": row.need,
        "why": row.why,
        "source": row.source,
        "state": row.state,
        "request": row.request.state if row.request else None,
        "who": row.person,
        "due": row.due,
        "note": row.note,
        "url": row.url,
        "ticked_at": row.ticked_at,
    }


@never_cache
@require_safe
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment of the project's page: how far the plan is; for those who edit a project without one, how to make it."""
    project = project_of_plan(request.user, slug)
    found = plan_of(project)
    rows = rows_of(found, request.user)[0] if found else []
    context = {"plan": found, "may_change": can(request.user, project, CHANGE), **counts(rows)}
    return render(request, "onboarding/progress.html", project_context(request, project, "overview", **context))


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
    return render_project_page(request, project, "onboarding/item.html", "overview", status=status, **context)


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


@never_cache
@require_POST
@rate_limited(ACT)
def share(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the link for people outside of the project, and show it this once."""
    project = project_of_plan(request.user, slug, Permission.PEOPLE)
    try:
        key = uuid.UUID(request.POST.get("key", ""))
        address = services.share(by=current_user(request), project=project, key=key, seen=request.POST.get("seen", ""))
    except ValueError:
        messages.error(request, _("Nothing was shared. Press the button again."))
        return redirect("plan:plan", slug=slug)
    except services.PlanRefused as refused:
        messages.error(request, str(refused))
        return redirect("plan:plan", slug=slug)
    return show(request, project, shared=address)


@never_cache
@require_POST
@rate_limited(ACT)
def unshare(request: HttpRequest, slug: str) -> HttpResponse:
    """Revoke the link."""
    project = project_of_plan(request.user, slug, Permission.PEOPLE)
    try:
        services.unshare(by=current_user(request), project=project)
    except services.PlanRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The link was revoked. Nobody can open the plan with it any more."))
    return redirect("plan:plan", slug=slug)


@unlisted
@never_cache
@login_not_required
@require_safe
@rate_limited(READ)
def shared(request: HttpRequest, secret: str) -> HttpResponse:
    """The plan by its link: what everybody may know of it, without names and notes of people."""
    found = services.shared_plan(secret)
    if found is None:
        raise Http404(_("This link does not work. It may have been revoked."))
    rows, hidden = rows_of(found, AnonymousUser())
    return render(request, "onboarding/shared.html", {"plan": found, "rows": rows, "hidden": hidden, **counts(rows)})
