"""Views outside a project: the address that a hub asks before a start, and the list of a person's notebooks."""

import json
import secrets

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from projects.notebooks import grants, server_limit
from projects.notebooks.models import FoundServer, Session
from projects.notebooks.session_rows import rows_of
from vre_portal.iam.current_user import current_user
from vre_portal.limits import seconds_until_allowed, too_often
from vre_portal.services import Service, ServiceKind, services
from vre_portal.text import storable

LONGEST_QUESTION = 4096  # bytes
LONGEST_NAME = 255


@csrf_exempt  # the hub has no form of ours; its secret is what counts, and no cookie is looked at
@login_not_required
@never_cache
@require_POST
def may_start(request: HttpRequest) -> HttpResponse:
    """A hub asks before it starts a server: whether it may, in which environment, or the reason for the person; 401 for anybody but a hub.

    Only failed requests count against the limit of an address: people who work in notebooks may have the same address as the hub.
    503 while a stopped server of the person is removed, so that none is removed that starts in that moment.
    """
    hub = hub_with(request.headers.get("Authorization", ""))
    if hub is None:
        wait = seconds_until_allowed("hub", request)
        return too_often(request, wait) if wait else JsonResponse({"error": _("This address is for JupyterHub only.")}, status=401)
    question = asked(request)
    if question is None:
        return JsonResponse({"error": _('Send {"user": "...", "server": "..."} as JSON.')}, status=400)
    user, server, environment = question
    if server_limit.is_removing(hub, user):
        words = _("Another of your notebooks is starting. Try again in a moment.")
        return JsonResponse({"reason": words}, status=503, headers={"Retry-After": "5"})
    if reason := grants.start_denial(hub, user, server):
        return JsonResponse({"allowed": False, "reason": reason})
    try:
        profile = grants.environment_for(hub, environment)
    except grants.NotListed as error:
        return JsonResponse({"allowed": False, "reason": str(error)})
    told = {"environment": {"name": profile.slug, "image": profile.image}} if profile else {}
    return JsonResponse({"allowed": True, "reason": "", **told})


def hub_with(header: str) -> Service | None:
    """The hub whose secret a header holds, compared in constant time with that of each; None where it is nobody's."""
    scheme, _space, secret_text = header.partition(" ")
    secret = secret_text.encode(errors="replace") if scheme == "Bearer" else b""
    found = None
    for hub in services(ServiceKind.JUPYTERHUB):
        own = str(hub.options.get("token") or "").encode()
        if secrets.compare_digest(secret, own) and own:
            found = hub
    return found


def asked(request: HttpRequest) -> tuple[str, str, str] | None:
    """The names of a person, a server at the hub and an environment, which may be empty; None where the body is another one."""
    try:
        body = json.loads(request.read(LONGEST_QUESTION + 1)[: LONGEST_QUESTION + 1])
    except (ValueError, RecursionError):
        return None
    facts = body if isinstance(body, dict) else {}
    user, server, environment = facts.get("user"), facts.get("server"), facts.get("environment", "")
    if not isinstance(user, str) or not isinstance(server, str) or not isinstance(environment, str) or not user:
        return None
    names = (user, server, environment)
    return names if all(len(name) <= LONGEST_NAME and storable(name) == name for name in names) else None


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """All notebooks of the reader that run, in any project, and servers that the portal stopped because it had not granted them."""
    by = current_user(request)
    running = Session.objects.alive().filter(by=by).select_related("project")
    stopped = FoundServer.objects.filter(by=by, outcome=FoundServer.Outcome.STOPPED)
    return render(request, "notebooks/mine.html", {"rows": list(rows_of(running)), "stopped": stopped[:20]})
