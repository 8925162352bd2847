"""Asking for something: which kind, then its form, filled in from the address."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from projects.models import Project
from projects.permissions import Permission, project_for
from projects.requests import services
from projects.requests.forms import NewRequestForm
from projects.requests.kinds import RequestKind, Scope, UnknownKind, kind_of, kinds_open_to
from projects.requests.values import RequestValuesForm
from projects.requests.views import where_to_ask
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import ACT, rate_limited

MAX_PREFILL = 4000  # characters of a value in an address


@never_cache
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """All kinds, by what they are about; those that the reader cannot ask for say why."""
    user = current_user(request)
    project = project_in(user, request.GET.get("project", ""))
    offered = sorted(kinds_open_to(user, project), key=lambda item: str(item[0].section))
    sections = [(str(section), list(items)) for section, items in groupby(offered, key=lambda item: item[0].section)]
    return render(request, "requests/choose.html", {"sections": sections, "project": project, **where_to_ask(user)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(ACT)
def new(request: HttpRequest, key: str) -> HttpResponse:
    """The form of one kind."""
    user, kind = current_user(request), known(key)
    sent = request.POST if request.method == "POST" else None
    slug = (request.GET if sent is None else sent).get("project", "")
    project = None if kind.scope is Scope.NONE else project_in(user, slug)
    if kind.new_url or kind.where:
        return redirect(kind.new_url or (reverse("requests:join", args=[project.slug]) if project else "requests:choose"))
    initial: dict[str, str] = {name: str(value)[:MAX_PREFILL] for name, value in request.GET.items()} if sent is None else {}
    values_form = kind.form(sent, user=user, project=project, initial=initial)
    form = NewRequestForm(
        sent, request.FILES if sent is not None else None, kind=kind, user=user, project=project, initial=prefilled(initial)
    )
    if sent is None:
        return show(request, kind, form, values_form)
    if not (form.is_valid() & values_form.is_valid()):
        form.ask_for_files_again()
        return show(request, kind, form, values_form, 400)
    try:
        item = services.open_request(
            by=user,
            kind=kind,
            project=project,
            values=values_form.values(),
            text=form.cleaned_data["text"],
            key=form.cleaned_data["key"],
            files=form.cleaned_data["attachments"],
        )
    except services.RequestRefused as refused:
        form.add_error(None, str(refused))
        form.ask_for_files_again()
        return show(request, kind, form, values_form, 409)
    if item.key == form.cleaned_data["key"]:
        text = _("Your request was sent to %(approvers)s. The answer appears here and on your dashboard.")
        messages.success(request, text % {"approvers": kind.approvers.words()})
    else:
        messages.info(request, _("You have already asked for this. Nothing was sent; here is your request."))
    return redirect(item)


def show(request: HttpRequest, kind: RequestKind, form: NewRequestForm, values_form: RequestValuesForm, status: int = 200) -> HttpResponse:
    """The page of the form; where the person cannot ask for this it says why."""
    why = kind.may_open(current_user(request), values_form.project)
    context: dict[str, Any] = {"kind": kind, "form": form, "values_form": values_form, "why": why, "approvers": kind.approvers.words()}
    return render(request, "requests/new.html", context, status=status)


def prefilled(initial: dict[str, str]) -> dict[str, Any]:
    """What an address may fill in beside the fields of the kind: the reason. The key of the form is always its own."""
    return {"text": initial["text"]} if "text" in initial else {}


def known(key: str) -> RequestKind:
    """The kind; raises Http404 for one that is not known."""
    try:
        return kind_of(key)
    except UnknownKind:
        raise Http404(_("There is no such kind of request.")) from None


def project_in(user: User, slug: str) -> Project | None:
    """The project that an address names, if the person may see it. Who may not sees the form without one."""
    if not slug:
        return None
    try:
        return project_for(user, slug[:100], Permission.VIEW)
    except Http404:
        return None
