"""The list of saved values, and what is done to one of them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, can, project_for
from projects.workflows.launching import templates
from projects.workflows.models import LaunchTemplate
from projects.workflows.pages import TAB
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited

MAX_SHOWN = 500


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """One's own and shared templates of the project."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    rows = LaunchTemplate.objects.filter(project=project).usable_by(current_user(request)).select_related("specification", "by")
    rows = rows.order_by("specification__title", "name", "pk").defer("specification__text", "specification__code", "parameters")
    items = [(row, may_change(request, project, row)) for row in rows[:MAX_SHOWN]]
    return render(request, "workflows/templates.html", project_context(request, project, TAB, items=items))


def may_change(request: HttpRequest, project: Project, template: LaunchTemplate) -> bool:
    """One's own; those who edit the project tidy shared ones."""
    return template.by_id == request.user.pk or (template.shared and can(request.user, project, Permission.EDIT))


@require_POST
@rate_limited(ACT)
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Rename, share or delete one."""
    project = project_for(request.user, slug, Permission.LAUNCH)
    usable = LaunchTemplate.objects.filter(project=project).usable_by(current_user(request)).select_related("project")
    template = get_object_or_404(usable, pk=pk)
    if not may_change(request, project, template):
        raise PermissionDenied(
            _("Only %(person)s, who saved this template, and the project's editors can change it.") % {"person": template.by}
        )
    by, pressed = current_user(request), request.POST.get("do", "")
    try:
        if pressed == "delete":
            templates.delete(by=by, template=template)
            messages.success(request, _("Deleted “%(name)s”.") % {"name": template.name})
        elif pressed in ("share", "unshare"):
            templates.share(by=by, template=template, shared=pressed == "share")
        elif pressed == "rename":
            templates.rename(by=by, template=template, name=request.POST.get("name", ""))
    except templates.NotSaved as error:
        messages.error(request, str(error))
    return redirect("workflows:launch-templates", slug=slug)
