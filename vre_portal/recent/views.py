"""What a person looked at last: the list, and how they clear it or switch it off."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from vre_portal.iam.current_user import current_user
from vre_portal.recent import services
from vre_portal.tables import listing

LATEST = 6


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The list, the latest first; also as JSON and CSV."""
    user = current_user(request)
    items = services.items(user)
    rows = [
        {"kind": item.kind, "service": item.service, "identifier": item.identifier, "title": item.title, "page": item.url,
         "seen_at": item.seen_at}
        for item in items
    ]  # fmt: skip
    document = listing(request, rows, following=None, filename="recently-seen")
    return document or render(request, "recent/index.html", {"items": items, "is_on": services.is_on(user), "most": services.MAX_ITEMS})


@never_cache
@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """The first few of the list, as a fragment of the dashboard."""
    user = current_user(request)
    context = {"items": services.items(user)[:LATEST], "is_on": services.is_on(user)}
    return render(request, "recent/latest.html", context)


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    """Forget all of it."""
    services.clear(current_user(request))
    messages.success(request, _("The list of recently seen items was cleared."))
    return redirect("recent:index")


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Switch it on or off; off forgets all of it."""
    to = request.POST.get("is_on") == "1"
    services.switch(current_user(request), to=to)
    if to:
        messages.success(request, _("What you open from now on is listed here."))
    else:
        messages.success(request, _("The list was deleted, and nothing is added to it."))
    return redirect("recent:index")
