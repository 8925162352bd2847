"""The review: all needs, and what is confirmed there."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from projects.models import Membership, Project, Role
from projects.onboarding import services
from projects.onboarding.forms.review import NEW, ReviewForm
from projects.onboarding.models import STEPS, Onboarding
from projects.onboarding.permissions import onboarding_for
from projects.onboarding.review_page import review_context, steps_of
from projects.permissions import can_create_projects
from projects.start.services import SlugTaken
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited

MAX_PROJECTS = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """All needs with their matches; confirmed, a project with a plan, and the chosen requests."""
    user = current_user(request)
    onboarding = onboarding_for(user, pk)
    if onboarding.is_finished:  # in another window, perhaps
        if onboarding.project is None:
            return redirect("onboarding:step", pk=pk, step=STEPS[0])
        return redirect("plan:plan", slug=onboarding.project.slug)
    if request.method != "POST":
        return show_review(request, onboarding)
    page = review_context(user, onboarding, projects_of(user), request.POST)
    form: ReviewForm = page["form"]
    if not form.is_valid():
        return show_review(request, onboarding, 400, data=request.POST)
    into = form.cleaned_data.get("into")
    project = next((item for item in page["projects"] if str(item.pk) == into), None) if into != NEW else None
    try:
        made = services.finish(
            by=user,
            onboarding=onboarding,
            fingerprint=request.POST.get("fingerprint", ""),
            chosen=form.cleaned_data.get("requests", ()),
            into=project,
        )
    except (services.OnboardingRefused, SlugTaken) as refused:
        return show_review(request, onboarding_for(user, pk), 409, data=request.POST, refused=str(refused))
    tell(request, made, [need.title[:300] for group in page["groups"] for need, is_chosen, _joined in group["needs"] if is_chosen])
    return redirect("plan:plan", slug=made.slug)


def tell(request: HttpRequest, project: Project, asked: list[str]) -> None:
    """Say what was made, and of the needs for which a request was asked, for how many none could be sent."""
    sent = project.plan.items.exclude(request=None).values("request").distinct().count()
    unsent = project.plan.items.filter(need__in=asked, request=None).count()
    text = _("The plan was made.")
    if sent:
        told = ngettext(
            "%(n)s request was sent. Its state is shown in the plan.", "%(n)s requests were sent. Their states are shown in the plan.", sent
        )
        text = f"{text} {told % {'n': sent}}"
    if unsent:
        told = ngettext(
            "For %(n)s need the request could not be sent. The plan says why.",
            "For %(n)s needs the requests could not be sent. The plan says why.",
            unsent,
        )
        messages.warning(request, f"{text} {told % {'n': unsent}}")
        return
    messages.success(request, text)


def show_review(request: HttpRequest, onboarding: Onboarding, status: int = 200, *, data: Any = None, **more: Any) -> HttpResponse:
    """The page; a form that was refused keeps what was chosen, and confirms the answers as they are shown now."""
    user = current_user(request)
    # Those who can create projects see their others when they ask for them: few do, and there may be many.
    shows_projects = data is not None or "mine" in request.GET or not can_create_projects(user)
    context = review_context(user, onboarding, projects_of(user) if shows_projects else [], data)
    context["shows_projects"] = shows_projects
    return render(request, "onboarding/review.html", {**context, "steps": steps_of(onboarding, "review"), **more}, status=status)


def projects_of(user: User) -> list[Project]:
    """Projects that the person edits, that take changes and have no plan yet."""
    edited = Membership.objects.of(user).filter(role__in=(Role.LEAD, Role.EDITOR)).values("project")
    rows = Project.objects.filter(pk__in=edited, deleted_at=None, archived_at=None, plan=None)
    return list(rows.order_by("title", "slug")[:MAX_PROJECTS])
