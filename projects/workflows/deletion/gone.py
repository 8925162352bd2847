"""The way on for a member who comes to a run that was deleted: by a notice, a mail, or a page that was open."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.permissions import Permission, project_for, role_of
from projects.workflows.models import DeletedRun


def way_on(request: HttpRequest, slug: str, number: int) -> HttpResponse | None:
    """The list of runs, which says that the run was deleted; None where no such run was, or the reader is no member, and for programs."""
    project = project_for(request.user, slug, Permission.VIEW)
    if "format" in request.GET or role_of(request.user, project) is None:
        return None
    if not DeletedRun.objects.filter(project=project, number=number).exists():
        return None
    messages.info(request, _("Run %(number)s was deleted.") % {"number": number})
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("workflows:index", args=[slug])})
    return redirect("workflows:index", slug)
