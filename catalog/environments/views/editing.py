"""Adding, changing and testing environments: by administrators and, of what is theirs, by owners."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from catalog.environments import services
from catalog.environments.forms import EnvironmentForm
from catalog.environments.models import Environment
from catalog.environments.permissions import can_add, owns
from catalog.environments.storing import ChangedMeanwhile
from catalog.environments.views.entry import environment_for
from vre_portal.iam.current_user import current_user
from vre_portal.iam.sessions.staff_access import staff_page
from vre_portal.limits import ACT, rate_limited
from vre_portal.text import number_of


def for_editors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views of one environment that its owner and administrators use: 404 for everybody else."""
    for_staff = staff_page(view)

    @wraps(view)
    def guarded(request: HttpRequest, environment: str) -> HttpResponse:
        found = environment_for(environment)
        return (view if owns(request.user, found) else for_staff)(request, found)

    return guarded


@rate_limited(ACT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def new(request: HttpRequest) -> HttpResponse:
    """Add an environment."""
    if request.method != "POST":
        return show(request, EnvironmentForm.of(None, may_give_away=True))
    form = EnvironmentForm(request.POST, request.FILES, may_give_away=True)
    if not form.is_valid():
        return show(request, form, status=400)
    environment = services.create(by=current_user(request), values=form.values)
    messages.success(request, _("Added."))
    return redirect(environment)


@rate_limited(ACT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def edit(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Make a new version."""
    options: dict[str, Any] = {"environment": environment, "may_give_away": can_add(request.user)}
    if request.method != "POST":
        return show(request, EnvironmentForm.of(**options), environment=environment)
    form = EnvironmentForm(request.POST, request.FILES, **options)
    if not form.is_valid():
        return show(request, form, status=400, environment=environment)
    try:
        changed = services.change(by=current_user(request), environment=environment, seen=form.cleaned_data["seen"], values=form.values)
    except ChangedMeanwhile:
        present = environment_for(environment.slug)
        again = EnvironmentForm({**request.POST.dict(), "seen": present.current.number if present.current else 0}, **options)
        return show(request, again, status=409, environment=present, is_conflict=True)
    messages.success(request, _("Saved as a new version.") if changed else _("Nothing was changed."))
    return redirect(environment)


def show(request: HttpRequest, form: EnvironmentForm, *, status: int = 200, **context: Any) -> HttpResponse:
    """The editor."""
    return render(request, "environments/edit.html", {"form": form, **context}, status=status)


@rate_limited(ACT)
@require_POST
@for_editors
def test(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Have a job start the image and import what it promises."""
    try:
        confirmed = number_of(request.POST.get("version", "")) or 0
        services.test(by=current_user(request), environment=environment, confirmed_version=confirmed)
    except services.NotTestable as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("The test has been started. Its result appears here."))
    return redirect(environment)


@rate_limited(ACT)
@require_POST
@for_editors
def ask_registry(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Have the registry asked again what the image is."""
    services.ask_again(environment)
    messages.success(request, _("The registry is being asked. Its answer appears on this page."))
    return redirect(environment)
