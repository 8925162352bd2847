"""Pages of restricted data: what is restricted, who was given access, and ending it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from datalake.access import services
from datalake.access.models import AccessGrant
from datalake.access.restrictions import Restriction, restriction, restrictions
from vre_portal import access_requests
from vre_portal.iam.current_user import current_user
from vre_portal.iam.groups import membership
from vre_portal.limits import ACT, rate_limited
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.tables import listing, page_size

PAGE, DIGITS = 50, 18


def lake_of(name: str) -> Service:
    try:
        return service(ServiceKind.RUCIO, name)
    except UnknownService:
        raise Http404(_("Data Lake not found.")) from None


def restriction_of(lake: Service, scope: str) -> Restriction:
    restricted = restriction(lake, scope)
    if restricted is None:
        raise Http404(_("Restricted scope not found."))
    return restricted


@never_cache
@require_safe
def index(request: HttpRequest, lake: str) -> HttpResponse:
    """What is restricted, my access, and, for owners, the people to whom access was given."""
    user, named_lake = current_user(request), lake_of(lake)
    about = list(restrictions(named_lake))
    own = [item.scope for item in about if item.decided_by(user)]
    grants = AccessGrant.objects.select_related("user", "granted_by").filter(lake=lake)
    of_others = grants.filter(scope__in=own).exclude(user=user) if own else grants.none()
    if request.GET.get("format"):
        rows, following = page_of(request, grants.filter(Q(user=user) | Q(pk__in=of_others.values("pk"))))
        return listing(request, [as_row(item) for item in rows], following=following, filename="access") or redirect(request.path)
    rows, following = page_of(request, of_others)
    context = {
        "lake": named_lake,
        "restrictions": [(item, item.opens_to(user)) for item in about],
        "mine": grants.filter(user=user)[:PAGE],
        "grants": rows,
        "following": following,
        "decides": bool(own),
        "requests_page": access_requests.list_page() if own else "",
        "by_hand": {item.scope for item in about if not membership.is_configured(item.home)} if rows else set(),
    }
    return render(request, "lake_access/index.html", context)


def page_of(request: HttpRequest, grants: QuerySet[AccessGrant]) -> tuple[list[AccessGrant], str | None]:
    """One page, the newest first, and the address of the next."""
    size, before = page_size(request, PAGE), request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) <= DIGITS:
        grants = grants.filter(pk__lt=int(before))
    rows = list(grants[: size + 1])
    following = f"{request.path}?{urlencode({'before': rows[size - 1].pk})}" if len(rows) > size else None
    return rows[:size], following


def as_row(item: AccessGrant) -> dict[str, Any]:
    return {
        "number": item.pk,
        "lake": item.lake,
        "scope": item.scope,
        "person": str(item.user),
        "state": item.state,
        "granted": item.granted_at,
        "until": item.until,
    }


@never_cache
@require_safe
def scope(request: HttpRequest, lake: str, scope: str) -> HttpResponse:
    """What may be known of one restricted scope, and where to request access."""
    user, about = current_user(request), restriction_of(lake_of(lake), scope)
    grant = AccessGrant.objects.select_related("user").of(user, lake, scope)
    opens, is_lost = about.opens_to(user), grant is not None and grant.is_lost
    can_ask = not opens and access_requests.can_ask() and (grant is None or is_lost)
    context = {
        "lake": about.lake,
        "about": about,
        "opens": opens,
        "grant": grant,
        "lost": is_lost and not opens,
        "open_page": access_requests.open_page(user, lake, scope) if can_ask else "",
        "ask_page": access_requests.page_for(lake, scope) if can_ask else "",
    }
    return render(request, "lake_access/scope.html", context)


@require_POST
@rate_limited(ACT)
def end(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """An owner ends somebody's access, or a person gives up their own; for everybody else there is none."""
    user = current_user(request)
    grant = AccessGrant.objects.select_related("user").filter(lake=lake, pk=pk).first()
    is_own = grant is not None and grant.user_id == user.pk
    about = grant.restriction if grant is not None else None
    if grant is None or not (is_own or (about is not None and about.decided_by(user))):
        raise Http404(_("Access not found."))
    try:
        services.end(by=user, grant=grant)
    except services.GrantNotPossible as refused:
        messages.error(request, str(refused))
    else:
        words = _("Access for %(name)s ends within a few minutes.") % {"name": grant.user}
        messages.success(request, _("Your access ends within a few minutes.") if is_own else words)
    return redirect("lake_access:index", lake=lake)
