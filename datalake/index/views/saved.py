"""Searches that a person keeps under a name."""

from typing import cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from datalake.index.models import Saved
from datalake.index.query import clean, read
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service

MOST = 200


def whose(request: HttpRequest) -> User:
    """The person; strangers do not come here."""
    return cast(User, request.user)


@require_POST
def keep(request: HttpRequest, lake: str) -> HttpResponse:
    """Keep a search; under a name that is taken it takes the other's place."""
    try:
        service(ServiceKind.RUCIO, lake)
    except UnknownService:
        raise Http404("There is no such Data Lake here.") from None
    query = read(QueryDict(request.POST.get("query", "")[:8000].removeprefix("?")))
    address = urlencode(query.parameters())
    name = clean(request.POST.get("name", ""), 100) or str(query.pattern or "Search")[:100]
    mine = Saved.objects.filter(user=whose(request), lake=lake, deleted_at=None)
    if len(address) <= 4000 and (mine.count() < MOST or mine.filter(name=name).exists()):
        Saved.objects.update_or_create(user=whose(request), lake=lake, name=name, deleted_at=None, defaults={"query": address})
    return redirect(f"{reverse('datalake:lake', args=[lake])}?{address}")


@require_POST
def delete(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """Take it away; the page after offers to take that back."""
    found = get_object_or_404(Saved, pk=pk, user=whose(request), lake=lake, deleted_at=None)
    found.deleted_at = timezone.now()
    found.save(update_fields=["deleted_at"])
    request.session["lake_search_deleted"] = found.pk
    return redirect("datalake:lake", lake=lake)


@require_POST
def undo(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """Have it again."""
    found = get_object_or_404(Saved, pk=pk, user=whose(request), lake=lake, deleted_at__isnull=False)
    if not Saved.objects.filter(user=found.user, lake=lake, name=found.name, deleted_at=None).exists():
        found.deleted_at = None
        found.save(update_fields=["deleted_at"])
    request.session.pop("lake_search_deleted", None)
    return redirect(f"{reverse('datalake:lake', args=[lake])}?{found.query}")
