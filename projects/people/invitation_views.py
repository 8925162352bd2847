"""Pages of invitation links: where leads create and revoke them, and where a link leads."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects import closing_hooks
from projects.models import Invitation, Project, Role
from projects.page_context import render_project_page
from projects.people import invitations as links
from projects.people.forms import InvitationForm
from projects.people.invitations import InvitationRefused, LinkState
from projects.people.services import PeopleChangeRefused
from projects.permissions import Permission, project_for, role_of
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited

MAX_LISTED = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """The links of a project; a POST creates one and shows it this once."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    form = InvitationForm(request.POST or None, auto_id="invitation_%s")
    if request.method != "POST":
        return show(request, project, form)
    if not form.is_valid():
        return show(request, project, form, 400)
    values = form.cleaned_data
    try:
        secret = links.create(
            by=current_user(request), project=project, role=values["role"], key=values["key"], expires_at=form.expires_at,
            max_uses=values["max_uses"], note=values["note"],
        )  # fmt: skip
    except PeopleChangeRefused as refused:
        form.add_error(None, str(refused))
        return show(request, project, form, 409)
    fresh = InvitationForm(auto_id="invitation_%s", initial={"key": uuid.uuid4()})
    return show(request, project, fresh, created=links.address_of(secret), created_role=Role(values["role"]).label)


def show(request: HttpRequest, project: Project, form: InvitationForm, status: int = 200, **more: object) -> HttpResponse:
    """The page with the newest links and the form."""
    rows = list(project.invitations.select_related("created_by")[:MAX_LISTED])
    leads = links.leads_among(project, [row.created_by for row in rows if row.created_by])
    context = {
        "rows": [(row, links.state_of(row, leads)) for row in rows],
        "form": form,
        "listed": MAX_LISTED,
        "closed": closing_hooks.closed_reason(project),
        **more,
    }
    return render_project_page(request, project, "projects/invitations.html", "people", status=status, **context)


@require_POST
@rate_limited(ACT)
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make a link stop working."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    try:
        links.revoke(by=current_user(request), project=project, pk=pk)
    except PeopleChangeRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The invitation link was revoked. People who joined with it keep their role."))
    return redirect("projects:invitations", slug=slug)


def unlisted[View: Callable[..., HttpResponse]](view: View) -> View:
    """For addresses that are secrets: no search engine lists them, and no other page learns more than the portal's own address."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "strict-origin"  # not "no-referrer": with that, browsers send forms without their origin
        return response

    return answer  # type: ignore[return-value]


@unlisted
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Where a link leads: what it gives, and the button that takes it; why not, where it does not work."""
    link = Invitation.objects.with_secret(secret).select_related("project", "created_by").first()
    if link is None:
        raise Http404(_("This invitation link does not exist. Check that you copied all of it."))
    if request.method != "POST":
        return page(request, link, links.state_now(link))
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    try:
        role = links.accept(by=current_user(request), invitation=link)
    except InvitationRefused as refused:
        return page(request, link, refused.state, status=409)
    messages.success(request, _("You have the role %(role)s in this project.") % {"role": role.label})
    return redirect("projects:detail", slug=link.project.slug)


def page(request: HttpRequest, link: Invitation, state: LinkState, status: int = 200) -> HttpResponse:
    """The page of a link; a project that the reader may not see is named by a link that works, and by no other."""
    role = role_of(request.user, link.project)
    named = state == LinkState.ACTIVE or role is not None or link.project.is_public
    status = status if state == LinkState.ACTIVE or role is not None or status != 200 else 410
    keeps = role is not None and list(Role).index(role) <= list(Role).index(Role(link.role))
    settled = keeps or (role is not None and state != LinkState.ACTIVE)
    context = {"link": link, "project": link.project, "state": state, "role": role, "named": named, "settled": settled}
    return render(request, "projects/invitation.html", context, status=status)
