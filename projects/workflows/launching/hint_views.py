"""The page on which a project's editors say what the launch form shows of each parameter."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from projects.locking import ProjectClosed
from projects.models import Project
from projects.page_context import project_context
from projects.permissions import Permission, project_for
from projects.workflows.launching import hint_services, yaml_values
from projects.workflows.launching.hint_forms import HintForm
from projects.workflows.launching.hints import version_of
from projects.workflows.models import Specification
from projects.workflows.pages import TAB
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited

MAX_DEFAULT = 60  # characters of a default in the list


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def hints(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """All parameters with what is known of them, and the form of one."""
    project = project_for(request.user, slug, Permission.EDIT)
    specification = get_object_or_404(Specification.objects.defer("code"), project=project, name=name)
    parameters = specification.default_parameters
    chosen = request.GET.get("parameter", "")
    chosen = chosen if chosen in parameters else next(iter(parameters), "")
    if request.method != "POST" or not chosen:
        form = HintForm.of(specification, chosen) if chosen else None
        return show(request, project, specification, chosen=chosen, form=form)
    form = HintForm(request.POST, default=parameters[chosen])
    if not form.is_valid():
        return show(request, project, specification, 400, chosen=chosen, form=form)
    seen = form.cleaned_data["version"]
    try:
        changed = hint_services.save(by=current_user(request), specification=specification, parameter=chosen, said=form.said, seen=seen)
    except ProjectClosed as closed:
        form.add_error(None, str(closed))
        return show(request, project, specification, 409, chosen=chosen, form=form)
    except hint_services.ChangedMeanwhile as conflict:
        now = conflict.specification
        typed = {**request.POST.dict(), "version": version_of(now.editor_hints)}
        saved = now.editor_hints.get(chosen, {})
        form = HintForm(typed, default=parameters[chosen])
        return show(request, project, now, 409, chosen=chosen, form=form, saved=yaml_values.dump(saved) if saved else "—")
    messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
    return redirect(f"{reverse('workflows:hints', args=[slug, name])}?{urlencode({'parameter': chosen})}")


def show(request: HttpRequest, project: Project, specification: Specification, status: int = 200, **page: Any) -> HttpResponse:
    """The page."""
    known = specification.hints
    rows = [
        {
            "name": name,
            "query": urlencode({"parameter": name}),
            "default": yaml_values.dump(default)[:MAX_DEFAULT],
            "hint": known.of(name),
            "is_edited": name in specification.editor_hints,
        }
        for name, default in specification.default_parameters.items()
    ]
    context = project_context(request, project, TAB, specification=specification, rows=rows, notes=known.notes, **page)
    return render(request, "workflows/hints.html", context, status=status)
