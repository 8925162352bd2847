"""Pages of a project's notebooks: open one, see it start, go to it, stop it."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datalake import rucio
from datalake.files import snippets
from datalake.pages.failures import failure_page
from projects.notebooks import choosing, failures, jupyterhub, services
from projects.notebooks.choosing import Chosen
from projects.notebooks.forms import OpenForm
from projects.notebooks.hub_offers import writes_starter
from projects.notebooks.models import Session
from projects.notebooks.own_projects import notebook_projects
from projects.notebooks.session_rows import rows_of
from projects.notebooks.worker import hub_of
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from vre_portal.http import RemoteError
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain, require_token
from vre_portal.limits import ACT, LAUNCH, rate_limited
from vre_portal.policies import asking as policies
from vre_portal.services import Service, ServiceKind, service
from vre_portal.tables import listing

EARLIER = 10  # ended sessions that a page lists
TAB = "notebooks"  # of a project's pages


def described(session: Session, error: RemoteError | None = None) -> dict[str, Any]:
    """A session as `?format=json` gives it."""
    names = ("state", "progress", "message", "asked_at", "started_at", "active_at", "ended_at", "checked_at")
    facts = {name: getattr(session, name) for name in names}
    lab = reverse("notebooks:lab", args=[session.project.slug, session.pk]) if session.is_ready else None
    data = {"lake": session.lake, "did": session.did, "given": session.given} if session.did else None
    place = {"id": session.pk, "project": session.project.slug, "hub": session.hub, "name": session.name, "url": lab}
    return {**place, **facts, "options": session.options, "data": data, "error": str(error) if error else None}


def mine(request: HttpRequest, slug: str, pk: int) -> Session:
    """The reader's own session; Http404 for sessions of other people."""
    project = project_for(request.user, slug, Permission.NOTEBOOK)
    return get_object_or_404(Session.objects.select_related("project", "by"), pk=pk, project=project, by=current_user(request))


def asked_for(request: HttpRequest) -> Chosen | None:
    """The data that the address names, None if it names none; Http404 if no lake here can have them."""
    lake, did = request.GET.get("lake", ""), request.GET.get("did", "")
    if not lake and not did:
        return None
    if chosen := choosing.read(lake, did):
        return chosen
    raise Http404(_("Data not found."))


def offered(hub: Service, chosen: Chosen, did: rucio.Did, current: Session | None) -> dict[str, Any]:
    """The context for the chosen data and an open session."""
    return {
        "chosen": chosen,
        "did": did,
        "too_large": choosing.too_large(hub, did),
        "elsewhere": chosen.lake != choosing.lake_of(hub),
        "python": snippets.code(chosen.scope, chosen.name, is_file=did.type == "FILE"),
        "begins_with_it": current is not None and current.wants(chosen.lake.name, str(chosen)) and not current.lacks_data,
    }


@require_safe
def use(request: HttpRequest) -> HttpResponse:
    """Choose the project for a notebook with data of a lake; with a single project, redirect to it."""
    if (chosen := asked_for(request)) is None:
        raise Http404(_("Data not found."))
    hub, by = service(ServiceKind.JUPYTERHUB), current_user(request)
    try:
        did = chosen.seen_by(by)
    except RemoteError as error:
        return failure_page(request, chosen.lake, error)
    projects = notebook_projects(by)
    places = [(project, f"{reverse('notebooks:index', args=[project.slug])}?{chosen.query}") for project in projects]
    if len(places) == 1:
        return redirect(places[0][1])
    running = set(Session.objects.alive().filter(by=by, project__in=projects).values_list("project", flat=True))
    return render(request, "notebooks/use.html", {"places": places, "running": running, **offered(hub, chosen, did, None)})


@require_safe
@login_not_required
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The notebooks page of a project: the reader's session, and the form to open one, with the data that the address names."""
    project = project_for(request.user, slug, Permission.VIEW)
    own = Session.objects.filter(project=project, by=current_user(request)) if isinstance(request.user, User) else Session.objects.none()
    own = own.select_related("project", "by")
    living = list(own.alive())
    current = next((item for item in living if not item.name), None)
    error = services.refresh(current) if current else None
    if request.GET.get("format"):
        listed = living + list(own.exclude(state__in=Session.ALIVE)[:EARLIER])
        rows = [described(item, error if item == current else None) for item in listed]
        if made := listing(request, rows, following=None, filename=f"{slug}-notebooks"):
            return made
    earlier, hub = own.exclude(state__in=Session.ALIVE)[:EARLIER], service(ServiceKind.JUPYTERHUB)
    others = [item for item in living if item != current]
    facts = {"session": current, "others": others, "error": error, "earlier": earlier, "form": OpenForm.fresh(), "hub": hub}
    context = project_context(request, project, TAB, writes_starter=writes_starter(hub), **facts)
    if context["can_open"] and (chosen := asked_for(request)):
        try:
            policies.require_policies_accepted(request)
            context |= offered(hub, chosen, chosen.seen_by(current_user(request)), current)
        except RemoteError as trouble:
            return failure_page(request, chosen.lake, trouble)
    return render(request, "notebooks/index.html", context)


index.in_a_persons_name = True  # type: ignore[attr-defined] # a lake may be asked: whoever signed in is asked for their yes to the policies first
index.reads_for_everybody = True  # type: ignore[attr-defined] # only then: what strangers read here is not withheld


@require_POST
@rate_limited(LAUNCH)
def open_notebook(request: HttpRequest, slug: str) -> HttpResponse:
    """Request a session and show its progress; no service is called here."""
    project = project_for(request.user, slug, Permission.NOTEBOOK)
    chosen, form, by = asked_for(request), OpenForm(request.POST), current_user(request)
    here = reverse("notebooks:index", args=[slug]) + (f"?{chosen.query}" if chosen else "")
    hub = service(ServiceKind.JUPYTERHUB)
    if chosen:
        try:
            chosen.demand(by)
            require_token(by, chosen.lake, purpose=_("open data in a notebook"))
        except SignInAgain:
            raise  # leads to the sign-in
        except RemoteError as error:
            return failure_page(request, chosen.lake, error)
    if not form.is_valid() or (chosen and chosen.lake != choosing.lake_of(hub)):
        return redirect(here)
    values = form.cleaned_data
    notebook = services.open_session(by=by, project=project, hub=hub, key=values["key"], chosen=chosen, anew=values["anew"])
    if chosen and not notebook.wants(chosen.lake.name, str(chosen)):
        return redirect(here)  # an open session started without them: the page says so, and what to do
    return redirect(f"{notebook.get_absolute_url()}?go=1")


@require_safe
def session(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One session: a page, or for htmx the part that changes; with `go` the browser is sent on as soon as it may."""
    notebook = mine(request, slug, pk)
    error = services.refresh(notebook)
    if request.GET.get("format") == "json":
        return JsonResponse(described(notebook, error))
    context = session_context(request, notebook, error)
    if request.headers.get("HX-Request") != "true":
        return render(request, "notebooks/session.html", context)
    response = render(request, "notebooks/session.html#status", context)
    if onward := next_stop(notebook) if context["go"] else None:
        response["HX-Redirect"] = onward
    return response


def session_context(request: HttpRequest, notebook: Session, error: RemoteError | None) -> dict[str, Any]:
    """The context of a session's page; if too many notebooks are running, also these."""
    running = Session.objects.alive().filter(by=notebook.by, hub=notebook.hub).select_related("project") if notebook.at_limit else ()
    facts: dict[str, Any] = {"session": notebook, "error": error, "go": "go" in request.GET, "form": OpenForm.fresh(), "running": running}
    facts |= {"row": next(rows_of([notebook])), "can_renew": services.can_renew(notebook)}
    facts["renewing"] = "renewing" in request.GET and facts["can_renew"]
    if notebook.state == Session.State.FAILED and not notebook.at_limit:
        facts["cause"] = failures.cause_of(notebook.message, notebook.hub_log)
    return project_context(request, notebook.project, TAB, **facts)


def next_stop(notebook: Session) -> str | None:
    """Where the browser is sent next: to JupyterLab when it is ready, once to the hub to sign in; None to stay on the page.

    If the session was already running and lacks the requested data, to the page that says so.
    """
    if notebook.lacks_data:
        query = urlencode({"lake": notebook.lake, "did": notebook.did})
        return f"{reverse('notebooks:index', args=[notebook.project.slug])}?{query}"
    if notebook.is_ready:
        return reverse("notebooks:lab", args=[notebook.project.slug, notebook.pk])
    if notebook.state == Session.State.SIGN_IN and not notebook.sent_to_hub_at:
        return reverse("notebooks:sign-in", args=[notebook.project.slug, notebook.pk])
    return None


@require_safe
def lab(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Go to the running session, as the person who is signed in at the IAM; to its page where it does not run, or the hub is away."""
    notebook = mine(request, slug, pk)
    if error := services.refresh(notebook, fresh=services.JUST_NOW):
        return render(request, "notebooks/session.html", session_context(request, notebook, error))
    if not notebook.is_ready or not notebook.path:
        return redirect(notebook)
    return redirect(jupyterhub.open_url(hub_of(notebook), place_in_lab(notebook)))


def place_in_lab(notebook: Session) -> str:
    """Where in its server the browser is sent: the first time through the fetching of the repository that it brings, else to its start."""
    if not notebook.fetches_repository():
        return notebook.path
    options = notebook.start_options
    return jupyterhub.git_pull_path(notebook.path, options.git, options.branch, options.git_folder)


@require_safe
def sign_in(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Send the browser to the hub, which signs the person in through the IAM and sends it back."""
    notebook = mine(request, slug, pk)
    if notebook.state != Session.State.SIGN_IN:
        return redirect(f"{notebook.get_absolute_url()}?go=1")
    notebook.sent_to_hub()
    back = settings.PORTAL_URL + reverse("notebooks-return")
    return redirect(jupyterhub.sign_in_url(hub_of(notebook), back, str(notebook.pk)))


@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """The hub sent the browser back: continue the session that waited for it. The code in the address is not used."""
    number = request.GET.get("state", "")
    own = Session.objects.select_related("project", "by").filter(by=current_user(request))
    notebook = get_object_or_404(own, pk=int(number) if number.isdecimal() and len(number) < 18 else 0)
    project_for(request.user, notebook.project.slug, Permission.NOTEBOOK)
    services.go_on(session=notebook)
    return redirect(f"{notebook.get_absolute_url()}?go=1")


@require_POST
def stop(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End the session."""
    notebook = mine(request, slug, pk)
    services.stop_session(session=notebook)
    return redirect(notebook)


@require_POST
@rate_limited(ACT)
def renew(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put off the end of a session that is not used."""
    notebook = mine(request, slug, pk)
    if services.can_renew(notebook):
        services.renew(session=notebook)
        return redirect(f"{notebook.get_absolute_url()}?renewing=1")
    return redirect(notebook)
