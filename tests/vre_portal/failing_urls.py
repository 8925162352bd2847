"""The portal's addresses and a few views that fail on purpose."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import ServiceKind, service
from vre_portal.urls import handler500 as handler500
from vre_portal.urls import urlpatterns as own

TEXT = "Test service <b>cannot</b> be reached."


@login_not_required
def unavailable(request: HttpRequest) -> HttpResponse:
    raise RemoteUnavailable(TEXT, retry_after=7.9)


@login_not_required
def refused(request: HttpRequest) -> HttpResponse:
    raise RemoteRefused("Test service says no.", status=403)


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


@login_not_required
def lost(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1ms'")
        cursor.execute("SELECT pg_sleep(5)")
    return HttpResponse("slept")


@login_not_required
def without(request: HttpRequest) -> HttpResponse:
    return HttpResponse(service(ServiceKind.TAP, "nowhere"))


urlpatterns = [
    *own,
    path("test/unavailable", unavailable),
    path("test/refused", refused),
    path("test/broken", broken),
    path("test/lost", lost),
    path("test/without", without),
]
