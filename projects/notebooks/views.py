"""Pages of a project's notebooks: open one, see it start, go to it, stop it."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from datalake import copying, rucio
from datalake.views.shared import failure
from projects.models import Project
from projects.notebooks import choosing, jupyterhub, services
from projects.notebooks.choosing import Chosen
from projects.notebooks.forms import OpenForm
from projects.notebooks.models import Session
from projects.notebooks.worker import hub_of
from projects.permissions import Permission, can, know_roles, permissions, project_for, role_of
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.iam.sign_in import person
from vre_portal.iam.vault import SignInAgain, require_token
from vre_portal.policies import asking as policies
from vre_portal.services import Service, ServiceKind, service
from vre_portal.tables import listing

EARLIER = 10  # ended sessions that a page lists


def described(session: Session, error: RemoteError | None = None) -> dict[str, Any]:
    """A session as `?format=json` gives it."""
    names = ("state", "progress", "message", "asked_at", "started_at", "active_at", "ended_at", "checked_at")
    facts = {name: getattr(session, name) for name in names}
    lab = reverse("notebooks:lab", args=[session.project.slug, session.pk]) if session.is_ready else None
    data = {"lake": session.lake, "did": session.did, "given": session.given} if session.did else None
    return {"id": session.pk, "project": session.project.slug, "url": lab, **facts, "data": data, "error": str(error) if error else None}


def frame(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What every page of a project knows."""
    may = permissions(request.user, project)
    return {"project": project, "may": may, "role": role_of(request.user, project), "can_open": Permission.NOTEBOOK in may}


def mine(request: HttpRequest, slug: str, pk: int) -> Session:
    """The reader's own session; somebody else's does not exist for them."""
    project = project_for(request.user, slug, Permission.NOTEBOOK)
    return get_object_or_404(Session.objects.select_related("project", "by"), pk=pk, project=project, by=person(request))


def asked_for(request: HttpRequest) -> Chosen | None:
    """The data that the address names, None where it names none; Http404 where no lake here could have them."""
    lake, did = request.GET.get("lake", ""), request.GET.get("did", "")
    if not lake and not did:
        return None
    if found := choosing.read(lake, did):
        return found
    raise Http404("There are no such data here.")


def offered(hub: Service, chosen: Chosen, did: rucio.Did, current: Session | None) -> dict[str, Any]:
    """What a page says of the chosen data, and of a session that lives already."""
    return {
        "chosen": chosen,
        "did": did,
        "too_large": choosing.too_large(hub, did),
        "elsewhere": chosen.lake != choosing.lake_of(hub),
        "python": copying.code(chosen.scope, chosen.name, is_file=did.type == "FILE"),
        "begins_with_it": current is not None and current.wants(chosen.lake.name, str(chosen)) and not current.lacks_data,
    }


@require_safe
def use(request: HttpRequest) -> HttpResponse:
    """Choose the project whose notebook begins with some data of a lake; with one project there is nothing to choose."""
    if (chosen := asked_for(request)) is None:
        raise Http404("There are no such data here.")
    hub, by = service(ServiceKind.JUPYTERHUB), person(request)
    try:
        did = chosen.seen_by(by)
    except RemoteError as error:
        return failure(request, chosen.lake, error)
    mine = list(Project.objects.mine(by))
    know_roles(by, mine)
    found = [project for project in mine if can(by, project, Permission.NOTEBOOK)]
    places = [(project, f"{reverse('notebooks:index', args=[project.slug])}?{chosen.query}") for project in found]
    if len(places) == 1:
        return redirect(places[0][1])
    running = set(Session.objects.alive().filter(by=by, project__in=found).values_list("project", flat=True))
    return render(request, "notebooks/use.html", {"places": places, "running": running, **offered(hub, chosen, did, None)})


@require_safe
@login_not_required
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """What notebooks are here, the reader's session with its state, and the button; with the data that the address names."""
    project = project_for(request.user, slug, Permission.VIEW)
    own = Session.objects.filter(project=project, by=person(request)) if isinstance(request.user, User) else Session.objects.none()
    own = own.select_related("project", "by")
    current = own.alive().first()
    error = services.refresh(current) if current else None
    if request.GET.get("format"):
        shown = ([current] if current else []) + list(own.exclude(state__in=Session.ALIVE)[:EARLIER])
        rows = [described(item, error if item == current else None) for item in shown]
        if made := listing(request, rows, following=None, filename=f"{slug}-notebooks"):
            return made
    earlier, hub = own.exclude(state__in=Session.ALIVE)[:EARLIER], service(ServiceKind.JUPYTERHUB)
    context = {"session": current, "error": error, "earlier": earlier, "form": OpenForm.fresh(), "hub": hub, **frame(request, project)}
    if context["can_open"] and (chosen := asked_for(request)):
        try:
            policies.demand(request)
            context |= offered(hub, chosen, chosen.seen_by(person(request)), current)
        except RemoteError as trouble:
            return failure(request, chosen.lake, trouble)
    return render(request, "notebooks/index.html", context)


index.in_a_persons_name = True  # type: ignore[attr-defined] # a lake may be asked: whoever signed in is asked for their yes to the policies first
index.reads_for_everybody = True  # type: ignore[attr-defined] # only then: what strangers read here is not withheld


@require_POST
def open_notebook(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a session and show how far it is; nothing remote happens here."""
    project = project_for(request.user, slug, Permission.NOTEBOOK)
    chosen, form, by = asked_for(request), OpenForm(request.POST), person(request)
    here = reverse("notebooks:index", args=[slug]) + (f"?{chosen.query}" if chosen else "")
    hub = service(ServiceKind.JUPYTERHUB)
    if chosen:
        try:
            chosen.demand(by)
            require_token(by, chosen.lake, purpose="a notebook with data")
        except SignInAgain:
            raise  # leads to the sign-in
        except RemoteError as error:
            return failure(request, chosen.lake, error)
    if not form.is_valid() or (chosen and chosen.lake != choosing.lake_of(hub)):
        return redirect(here)
    values = form.cleaned_data
    found = services.open_session(by=by, project=project, hub=hub, key=values["key"], chosen=chosen, anew=values["anew"])
    if chosen and not found.wants(chosen.lake.name, str(chosen)):
        return redirect(here)  # a session lives that began without them: the page says so, and what can be done
    return redirect(f"{found.get_absolute_url()}?go=1")


@require_safe
def session(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One session: a page, or for htmx the part that changes; with `go` the browser is sent on as soon as it may."""
    found = mine(request, slug, pk)
    error = services.refresh(found)
    if request.GET.get("format") == "json":
        return JsonResponse(described(found, error))
    context = session_context(request, found, error)
    if not request.headers.get("HX-Request"):
        return render(request, "notebooks/session.html", context)
    response = render(request, "notebooks/session.html#status", context)
    if onward := next_stop(found) if context["go"] else None:
        response["HX-Redirect"] = onward
    return response


def session_context(request: HttpRequest, found: Session, error: RemoteError | None) -> dict[str, Any]:
    """What the page of a session shows; where too many others run, also those."""
    running = Session.objects.alive().filter(by=found.by, hub=found.hub).select_related("project") if found.at_limit else ()
    facts = {"session": found, "error": error, "go": "go" in request.GET, "form": OpenForm.fresh(), "running": running}
    return {**frame(request, found.project), **facts}


def next_stop(found: Session) -> str | None:
    """Where the browser goes by itself: to the Lab when it is ready, once to the hub when that wants to see it.

    Where the session turns out to have run before, and so lacks the data that it was to begin with, to the page that says so.
    """
    if found.lacks_data:
        query = urlencode({"lake": found.lake, "did": found.did})
        return f"{reverse('notebooks:index', args=[found.project.slug])}?{query}"
    if found.is_ready:
        return reverse("notebooks:lab", args=[found.project.slug, found.pk])
    if found.state == Session.State.SIGN_IN and not found.sent_to_hub_at:
        return reverse("notebooks:sign-in", args=[found.project.slug, found.pk])
    return None


@require_safe
def lab(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Go to the running session, as the person who is signed in at the IAM; to its page where it does not run, or the hub is away."""
    found = mine(request, slug, pk)
    if error := services.refresh(found, fresh=services.JUST_NOW):
        return render(request, "notebooks/session.html", session_context(request, found, error))
    if not found.is_ready or not found.path:
        return redirect(found)
    return redirect(jupyterhub.open_url(hub_of(found), found.path))


@require_safe
def sign_in(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Send the browser by the hub, which makes itself acquainted through the IAM and sends it back."""
    found = mine(request, slug, pk)
    if found.state != Session.State.SIGN_IN:
        return redirect(f"{found.get_absolute_url()}?go=1")
    found.sent_to_hub()
    back = settings.PORTAL_URL + reverse("notebooks-return")
    return redirect(jupyterhub.sign_in_url(hub_of(found), back, str(found.pk)))


@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """The hub sent the browser back: go on with the session that waited. The code that it brings is not needed."""
    number = request.GET.get("state", "")
    own = Session.objects.select_related("project", "by").filter(by=person(request))
    found = get_object_or_404(own, pk=int(number) if number.isdecimal() and len(number) < 18 else 0)
    project_for(request.user, found.project.slug, Permission.NOTEBOOK)
    services.go_on(session=found)
    return redirect(f"{found.get_absolute_url()}?go=1")


@require_POST
def stop(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End the session."""
    found = mine(request, slug, pk)
    services.stop_session(session=found)
    return redirect(found)
