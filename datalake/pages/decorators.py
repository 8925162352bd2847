"""Decorators of a lake's views: they find the lake, check access to the scope, and turn errors into pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from datalake.pages.failures import failure_page
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import require_scope_access
from vre_portal.http import RemoteError
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.stop_switches.present import ServiceStopped

View = Callable[..., HttpResponseBase]


def lake_page(view: View) -> View:
    """A view of one lake for GET and HEAD: it gets the Service, and a RemoteError becomes a page."""
    return require_safe(lake_view(view))


def lake_view(view: View) -> View:
    """`lake_page` for a view that takes any method."""

    @wraps(view)
    def answered(request: HttpRequest, lake: str, **kwargs: Any) -> HttpResponseBase:
        try:
            named_lake = service(ServiceKind.RUCIO, lake)
        except UnknownService:
            raise Http404(_("This portal has no Data Lake of this name.")) from None
        try:
            if (scope := kwargs.get("scope")) and request.user.is_authenticated:
                require_scope_access(named_lake, scope, request.user.groups)
            return with_age_headers(request, view(request, named_lake, **kwargs))
        except ServiceStopped:
            raise  # leads back to the form with what was typed
        except SignInAgain as over:
            if request.method not in ("GET", "HEAD"):
                raise  # leads to the sign-in, which keeps what was typed
            return failure_page(request, named_lake, over)
        except RemoteError as error:
            return failure_page(request, named_lake, error)

    answered.in_a_persons_name = True  # type: ignore[attr-defined] # signed-in people accept the policies first
    answered.reads_for_everybody = True  # type: ignore[attr-defined] # and what is public is not withheld until then: see `readers.open_page`
    return answered


def with_age_headers(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response with Age where it is from the cache, and X-Unreadable-Rows where rows are missing."""
    reader: LakeReader | None = getattr(request, "lake_reader", None)
    if reader is not None and reader.unreadable:
        response["X-Unreadable-Rows"] = str(len(reader.unreadable))
    if reader is not None and reader.since is not None:
        response["Age"] = str(int((timezone.now() - reader.since).total_seconds()))
    return response
