"""The page of a project's status: its stages, archiving, handing over; and its deletion, which is confirmed on a page of its own."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import checklist, deletion
from projects.lifecycle import services, transfer
from projects.lifecycle.forms import DeleteForm, OfferForm
from projects.models import Project
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for
from vre_portal.iam.current_user import current_user
from vre_portal.limits import ACT, rate_limited


def show(request: HttpRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    """The page with its forms."""
    by, offer = current_user(request), transfer.open_offer(project)
    known = {
        "checks": [] if project.is_public else checklist.checks(by, project),
        "offer": offer,
        "form": OfferForm(project, by),
        "stage": "public" if project.is_public else str(project.visibility),
        "part": "status",
    }
    return render_project_page(request, project, "projects/lifecycle/page.html", "settings", status=status, **{**known, **more})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the project stands, and what comes next."""
    return show(request, project_for(request.user, slug, Permission.MANAGE))


def attempt(request: HttpRequest, project: Project, act: Callable[[], object], done: str) -> HttpResponse:
    """Do it and say so, or say why not."""
    try:
        changed = act()
    except services.EndRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Nothing was changed.") if changed is False else done)
    return redirect("lifecycle:page", slug=project.slug)


@require_POST
@rate_limited(ACT)
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Make it read only."""
    project, by = project_for(request.user, slug, Permission.MANAGE), current_user(request)
    return attempt(request, project, lambda: services.archive(by=by, project=project), _("The project is archived."))


@require_POST
@rate_limited(ACT)
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Let it be changed again."""
    project, by = project_for(request.user, slug, Permission.MANAGE), current_user(request)
    return attempt(request, project, lambda: services.restore(by=by, project=project), _("The project can be changed again."))


@require_POST
@rate_limited(ACT)
def offer(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer it to another person."""
    project, by = project_for(request.user, slug, Permission.MANAGE), current_user(request)
    form = OfferForm(project, by, request.POST)
    if not form.is_valid():
        return show(request, project, 400, form=form)
    to = form.cleaned_data["to"]
    sentence = _("The project is offered to %(person)s. You stay lead until they accept.") % {"person": to}
    return attempt(request, project, lambda: transfer.offer(by=by, project=project, to=to), sentence)


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def answer(request: HttpRequest, slug: str) -> HttpResponse:
    """The offer, for the person who can accept it and for those who can withdraw it; POST answers it."""
    project, by = project_for(request.user, slug, Permission.VIEW), current_user(request)
    found = transfer.open_offer(project)
    if found is None or (found.to_id != by.pk and not services.leads(by, project)):
        raise Http404(_("This offer has ended."))
    if request.method != "POST":
        return render_project_page(request, project, "projects/lifecycle/offer.html", "settings", offer=found, is_mine=found.to_id == by.pk)
    try:
        if request.POST.get("do") == "accept":
            transfer.accept(by=by, project=project, pk=found.pk)
            messages.success(request, _("You are now a lead of this project."))
        else:
            transfer.decline(by=by, project=project, pk=found.pk)
            messages.success(request, _("The offer has ended. Nobody's role was changed."))
    except services.EndRefused as refused:
        messages.error(request, str(refused))
    return redirect(project)


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """What is deleted and what stays; POST with the typed name deletes it."""
    project, by = project_for(request.user, slug, Permission.MANAGE), current_user(request)
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.delete(by=by, project=project, confirmation=form.cleaned_data["confirmation"])
        except services.EndRefused as refused:
            form.add_error("confirmation", str(refused))
        else:
            messages.success(request, _("%(title)s was deleted.") % {"title": project.title})
            return redirect("projects:dashboard")
    facts = {"contents": deletion.contents(project), "stays": deletion.stays(project), "at_work": deletion.at_work(project)}
    status = 400 if request.method == "POST" else 200
    return render_project_page(request, project, "projects/lifecycle/delete.html", "settings", status=status, form=form, **facts)
