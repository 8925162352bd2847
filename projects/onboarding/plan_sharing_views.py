"""The link of a plan for people outside of its project."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from projects.onboarding import plan_services as services
from projects.onboarding.permissions import project_of_plan, readable_plan
from projects.onboarding.plan_page import counts, show
from projects.people.invitation_views import unlisted
from projects.permissions import Permission
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, RateLimit, rate_limited

READ = RateLimit("search", frozenset({"GET", "HEAD"}))  # by a secret address: nobody tries many


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
    readable = readable_plan(found, AnonymousUser())
    context = {"plan": found, "rows": readable.items, "hidden": readable.hidden, "printed_at": timezone.now(), **counts(readable.items)}
    return render(request, "onboarding/shared.html", context)
