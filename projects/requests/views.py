"""Pages of requests: asking to join a project, asking for anything else, the list, and parts of other pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from projects.models import Project
from projects.page_context import render_project_page
from projects.people.former_roles import former_role
from projects.permissions import Permission, can, know_roles, project_for, role_of
from projects.requests import listing, services
from projects.requests.forms import JoinForm, RequestFilterForm
from projects.requests.models import Request
from projects.requests.permissions import answerable_by, shown_title
from vre_portal import tables
from vre_portal.iam.account.account_summary import home_of
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited

PAGE, LATEST = listing.PAGE, 5


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """The form that asks to join a project; an open request is shown in its place."""
    project, user = project_for(request.user, slug, Permission.VIEW), current_user(request)
    form = JoinForm(request.POST or None)
    if request.method != "POST":
        existing = services.existing_join_request(user, project)
        return redirect(existing) if existing else show_form(request, project, form)
    if not form.is_valid():
        return show_form(request, project, form, 400)
    values = form.cleaned_data
    try:
        item = services.ask_to_join(by=user, project=project, role=values["role"], text=values["text"], key=values["key"])
    except services.RequestRefused as refused:
        form.add_error(None, str(refused))
        return show_form(request, project, form, 409)
    if item.key == values["key"]:
        messages.success(request, _("Your request was sent to the leads of the project. Their answer appears here and on your dashboard."))
    return redirect(item)


def show_form(request: HttpRequest, project: Project, form: JoinForm, status: int = 200) -> HttpResponse:
    """The page of the form, with what the reader was in the project before."""
    user = current_user(request)
    context = {"form": form, "former": former_role(user, project), "closed": services.closed_words(Request(project=project))}
    return render_project_page(request, project, "requests/join.html", "join", status=status, **context, **where_to_ask(user))


def where_to_ask(user: User) -> dict[str, Any]:
    """For people without a group: the IAM at which they can ask for one."""
    return {"without_group": not user.groups, "iam": home_of(user)}


@never_cache
@require_safe
def state(request: HttpRequest, slug: str) -> HttpResponse:
    """A fragment of the project's pages: the button that asks to join, or the state of the open request."""
    project, user = project_for(request.user, slug, Permission.VIEW), current_user(request)
    has_role = role_of(user, project) is not None
    item = None if has_role else services.existing_join_request(user, project)
    former = None if has_role or item else former_role(user, project)
    closed = services.closed_words(Request(project=project))
    waiting = Request.objects.to_act().filter(answerable_by(user), project=project).count() if can(user, project, Permission.PEOPLE) else 0
    context = {"project": project, "item": item, "former": former, "has_role": has_role, "closed": closed, "waiting": waiting}
    return render(request, "requests/state.html", context)


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """My requests, and those that I may read because I answer them."""
    user, form = current_user(request), RequestFilterForm(request.GET)
    form.is_valid()
    chosen = {name: form.cleaned_data.get(name, "") for name in form.fields}  # what cannot be read counts as not chosen
    rows, following = listing.page_of(request, listing.filtered(user, chosen), chosen, PAGE)
    know_roles(user, [row.project for row in rows if row.project])
    table = [listing.row_of(user, row) for row in rows]
    if made := tables.listing(request, table, following=following, filename="requests"):
        return made
    items = [(row, line["title"], line["project"], line["kind_title"]) for row, line in zip(rows, table, strict=True)]
    context = {"items": items, "next_url": following, "form": form, "is_filtered": any(chosen.values()), **where_to_ask(user)}
    return render(request, "requests/index.html", context)


@never_cache
@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """A fragment for the dashboard: the reader's own unfinished requests, the newest first."""
    user = current_user(request)
    rows = list(Request.objects.unfinished().filter(by=user).select_related("project")[: LATEST + 1])
    know_roles(user, [row.project for row in rows if row.project])
    items = [(row, shown_title(user, row) if row.kind == services.JOIN else listing.heading(user, row)) for row in rows[:LATEST]]
    return render(request, "requests/latest.html", {"items": items, "is_cut": len(rows) > LATEST})
