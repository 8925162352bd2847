"""Saved searches."""

from typing import cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from datalake.index.models import SavedSearch
from datalake.index.query import clean, read
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service

MAX_SAVED = 200


def whose(request: HttpRequest) -> User:
    """The signed-in person; these views require a sign-in."""
    return cast(User, request.user)


@require_POST
def keep(request: HttpRequest, lake: str) -> HttpResponse:
    """Save a search; it replaces one of the same name."""
    try:
        service(ServiceKind.RUCIO, lake)
    except UnknownService:
        raise Http404(_("This portal has no Data Lake of this name.")) from None
    query = read(QueryDict(request.POST.get("query", "")[:8000].removeprefix("?")))
    address = urlencode(query.parameters())
    name = clean(request.POST.get("name", ""), 100) or str(query.pattern or _("Search"))[:100]
    mine = SavedSearch.objects.filter(user=whose(request), lake=lake, deleted_at=None)
    if len(address) <= 4000 and (mine.count() < MAX_SAVED or mine.filter(name=name).exists()):
        SavedSearch.objects.update_or_create(user=whose(request), lake=lake, name=name, deleted_at=None, defaults={"query": address})
    return redirect(f"{reverse('datalake:lake', args=[lake])}?{address}")


@require_POST
def delete(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """Delete a saved search; the next page offers to undo that."""
    saved = get_object_or_404(SavedSearch, pk=pk, user=whose(request), lake=lake, deleted_at=None)
    saved.deleted_at = timezone.now()
    saved.save(update_fields=["deleted_at"])
    request.session["lake_search_deleted"] = saved.pk
    return redirect("datalake:lake", lake=lake)


@require_POST
def undo(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """Restore a deleted search."""
    saved = get_object_or_404(SavedSearch, pk=pk, user=whose(request), lake=lake, deleted_at__isnull=False)
    if not SavedSearch.objects.filter(user=saved.user, lake=lake, name=saved.name, deleted_at=None).exists():
        saved.deleted_at = None
        saved.save(update_fields=["deleted_at"])
    request.session.pop("lake_search_deleted", None)
    return redirect(f"{reverse('datalake:lake', args=[lake])}?{saved.query}")
