"""Addresses that requests for restricted data had before they became requests like all others."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.requests.lake_kinds.restricted_data import KEY
from projects.requests.models import Request
from projects.requests.permissions import request_for
from vre_portal.iam.current_user import current_user


def former_key(number: int) -> uuid.UUID:
    """The key of the request that was carried over under this number; the migration has made the same."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"lake-access/{number}")


@never_cache
@require_safe
def former_request(request: HttpRequest, lake: str, pk: int) -> HttpResponse:
    """To the request, for those who may read it."""
    row = Request.objects.filter(kind=KEY, key=former_key(pk), values__lake=lake).first()
    if row is None:
        raise Http404(_("Request not found."))
    return redirect(request_for(current_user(request), row.pk))
