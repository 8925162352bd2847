"""The page on which a run is deleted: what goes, what stays, and what somebody may not delete."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from projects.page_context import project_context
from projects.permissions import Permission
from projects.workflows.deletion import services
from projects.workflows.deletion.facts import can_delete, losses_of, why_not_run, why_not_workspace
from projects.workflows.models import Run, RunDeletion
from projects.workflows.pages import TAB, kept_of, run_for
from projects.workflows.refusals import NotNow
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited


class DeleteForm(forms.Form):
    """What is to be deleted; what may not be is not offered."""

    workspace = forms.BooleanField(required=False, label=gettext_lazy("The files at REANA"))
    here = forms.BooleanField(required=False, label=gettext_lazy("The run in the portal, with its copied files"))


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def delete(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Choose what to delete; a worker deletes it."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not can_delete(request.user, run):
        raise PermissionDenied(why_not_run(request.user, run))
    form = DeleteForm(request.POST or None)
    reasons = {"workspace": why_not_workspace(request.user, run), "here": why_not_run(request.user, run)}
    for name, reason in reasons.items():
        if reason:
            del form.fields[name]
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            # A box that is not offered and sent all the same is refused with its reason.
            services.delete(by=current_user(request), run=run, **{name: values.get(name, name in request.POST) for name in reasons})
        except NotNow as error:
            form.add_error(None, str(error))
        else:
            is_of_run = bool(values.get("here"))
            text = _("Run %(number)s is being deleted.") if is_of_run else _("The files of run %(number)s at REANA are being deleted.")
            messages.success(request, text % {"number": number})
            return redirect("workflows:index", slug) if is_of_run else redirect(run)
    job: RunDeletion | None = getattr(run, "deletion", None)
    page = project_context(
        request, run.project, TAB, run=run, form=form, reasons=reasons, losses=losses_of(run), deletion=job,
        kept=[item for item in kept_of(request, run) if item.status != item.Status.FAILED],
        sharing=list(Run.objects.sharing_workspace(run).exclude(pk=run.pk).visible_to(request.user).order_by("number")[:20]),
    )  # fmt: skip
    return render(request, "workflows/delete.html", page, status=422 if form.is_bound and form.errors else 200)
