"""The start page of a session: where it runs, how large it is and what it brings."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Project
from projects.notebooks import choosing, starting
from projects.notebooks.hub_offers import HubOffer, hub_named, offer_of
from projects.notebooks.models import Session, StartSettings
from projects.notebooks.own_projects import notebook_projects
from projects.notebooks.start_form import StartForm
from projects.notebooks.start_options import KEPT
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.iam.vault import require_token
from vre_portal.limits import ACT, LAUNCH, rate_limited
from vre_portal.services import Service, ServiceKind, service, services

TAB = "notebooks"
NOT_IN_LINKS = ("csrfmiddlewaretoken", "key", "hub", "saved")


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(LAUNCH)
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """The start page; an address may fill it in, and starts nothing."""
    project, by = project_for(request.user, slug, Permission.NOTEBOOK), current_user(request)
    named = request.POST.get("hub", "") if request.method == "POST" else request.GET.get("hub", "")
    hub = hub_named(named)
    offer = offer_of(hub or service(ServiceKind.JUPYTERHUB))
    if request.method != "POST":
        known = starting.settings_of(by, offer.hub, request.GET.get("saved", ""))
        form = StartForm.of_address(request.GET, by=by, project=project, offer=offer, known=known)
    else:
        form = StartForm(request.POST, by=by, project=project, offer=offer)
        if hub and form.is_valid() and (session := _started(form, by, project, hub)):
            return redirect(f"{session.get_absolute_url()}?go=1")
    return _page(request, project, form, offer, "" if hub else named)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the project of a session that other pages lead to; the address goes on as it is. With a single project, redirect to it."""
    query = f"?{text}" if (text := request.GET.urlencode()) else ""
    places = [(project, f"{reverse('notebooks:new', args=[project.slug])}{query}") for project in notebook_projects(current_user(request))]
    return redirect(places[0][1]) if len(places) == 1 else render(request, "notebooks/choose.html", {"places": places})


def _started(form: StartForm, by: User, project: Project, hub: Service) -> Session | None:
    """The session that was asked for; raises SignInAgain where its data need the person's token and there is none."""
    values, options = form.cleaned_data, form.start_options
    if options.dids:
        require_token(by, choosing.lake_of(hub), purpose=_("open data in a notebook"))
    facts = {"key": values["key"], "name": values["name"], "options": options, "save_as": values["save_as"]}
    session = starting.start_session(by=by, project=project, hub=hub, **facts)
    if session is None:
        form.add_error("name", _("This session was opened a moment ago. Enter another name to open a second one."))
    return session


def _page(request: HttpRequest, project: Project, form: StartForm, offer: HubOffer, unknown_hub: str) -> HttpResponse:
    by, hub = form.by, offer.hub
    own = Q(by=by, hub=hub.name)
    running = Session.objects.alive().filter(own).aggregate(count=Count("pk"))["count"]
    facts = {
        "form": form,
        "offer": offer,
        "hub": hub,
        "hubs": services(ServiceKind.JUPYTERHUB),
        "unknown_hub": unknown_hub,
        "query": _without(request),
        "kept_query": _without(request, *KEPT),
        "running": running,
        "isolated": hub.options.get("isolated"),
        "saved": StartSettings.objects.saved().filter(own),
    }
    return render_project_page(request, project, "notebooks/new.html", TAB, **facts)


def _without(request: HttpRequest, *names: str) -> str:
    """What the address or the form says without some values, for links that keep the others."""
    query = (request.POST if request.method == "POST" else request.GET).copy()
    for name in (*NOT_IN_LINKS, *names):
        query.pop(name, None)
    return query.urlencode()


@require_POST
@rate_limited(ACT)
def delete_settings(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Delete settings that the person saved."""
    project_for(request.user, slug, Permission.NOTEBOOK)
    found = get_object_or_404(StartSettings.objects.saved(), pk=pk, by=current_user(request))
    found.delete()
    return redirect(f"{reverse('notebooks:new', args=[slug])}?hub={found.hub}")
