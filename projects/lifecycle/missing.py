"""The answer where there is no page: 410 with what may be known of a project that was deleted, 404 otherwise."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.defaults import page_not_found

from projects.permissions import ProjectDeleted


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a tombstone, or the usual one."""
    if not isinstance(exception, ProjectDeleted):
        return page_not_found(request, exception)
    tombstone = exception.tombstone
    if request.GET.get("format") == "json":
        return JsonResponse({"slug": tombstone.slug, "title": tombstone.title, "deleted_at": tombstone.deleted_at}, status=410)
    contact = tombstone.contact or str(settings.SITE["contact"])
    return render(request, "projects/lifecycle/tombstone.html", {"tombstone": tombstone, "contact": contact}, status=410)
