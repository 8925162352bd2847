"""Pages on which a project's people are seen and changed; each change shows what it would do before it is made."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Membership, Project, Role
from projects.people import data_access, services
from projects.people.effects import Effect, Entry, effect
from projects.people.forms import ChosenForm, PersonForm, RoleForm, RuleForm
from projects.permissions import Permission, permissions, project_for
from projects.views import page, people_of
from vre_portal.iam.models import Identity, User
from vre_portal.iam.sign_in import person
from vre_portal.services import ServiceKind
from vre_portal.services import services as configured
from vre_portal.tables import listing
from vre_portal.text import plain

UNDO, UNDO_SECONDS = "people_undo", 600


def home_of(user: User | Identity) -> str:
    """The title of the IAM that somebody, or an identity of theirs, comes from."""
    return next((iam.title for iam in configured(ServiceKind.IAM) if iam.url == user.issuer), user.issuer)


def show(request: HttpRequest, project: Project, status: int = 200, **forms: Any) -> HttpResponse:
    """The list; for leads with forms, filled in again where they were refused."""
    may = Permission.PEOPLE in permissions(request.user, project)
    context = {
        "memberships": people_of(request, project),
        "may_change": may,
        "rule_form": RuleForm(auto_id="rule_%s"),
        "person_form": PersonForm(auto_id="person_%s"),
        "roles": list(Role),
        "undo": removed_last(request, project) if may else None,
        "missing": data_access.missing_access(person(request), project, data_access.named_in(project)) if may else [],
    }
    reply = page(request, project, "people", tab="people", **{**context, **forms})
    reply.status_code = status
    return reply


@require_safe
@login_not_required
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who belongs to the project."""
    project = project_for(request.user, slug, Permission.VIEW)
    if request.GET.get("format"):
        made = listing(request, [tabled(item) for item in people_of(request, project)], following=None, filename=f"{slug}-people")
        if made is not None:
            return made
    return show(request, project)


def tabled(item: Membership) -> dict[str, Any]:
    """A person's or a group's role as a row of a table for programs."""
    return {"kind": "person" if item.user else "group", "who": plain(item.user or item.group), "role": item.role}


def ask(request: HttpRequest, project: Project, effect: Effect, **context: Any) -> HttpResponse:
    """What a change would do, and what it does not open, with the button that makes it."""
    missing = data_access.missing_access(person(request), project, data_access.after(effect))
    return page(request, project, "people_effect", tab="people", effect=effect, missing=missing, **context)


def attempt(request: HttpRequest, project: Project, change: Callable[[], Membership], said: str) -> HttpResponse:
    """Make it, or say why not."""
    try:
        change()
    except services.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    request.user.__dict__.pop("_project_roles", None)  # it may have been the reader's own
    if Permission.PEOPLE in permissions(request.user, project):
        return redirect("projects:people", slug=project.slug)
    return redirect("projects:index")


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, slug: str) -> HttpResponse:
    """Everyone in a group: GET tells what it would do, POST writes it down."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    form = RuleForm(request.POST if request.method == "POST" else request.GET or None, auto_id="rule_%s")
    if not form.is_valid():
        return show(request, project, status=400 if form.is_bound else 200, rule_form=form)
    group, role = form.cleaned_data["group"], form.cleaned_data["role"]
    if request.method == "POST":
        return attempt(
            request,
            project,
            lambda: services.add_rule(by=person(request), project=project, group=group, role=role),
            f"Everyone in {group} is now {role}. Those who sign in later are included by themselves.",
        )
    known = Membership.objects.filter(project=project, group=group).first()
    done = effect(project, without=entry(known), adding=Entry(None, group, role), reader=person(request))
    what = f"Everyone in {group} as {role}"
    return ask(request, project, what=what, effect=done, group=group, new_role=role, action="Save this rule", url=request.path)


def entry(membership: Membership | None) -> Entry | None:
    """The line as effects reckon with it."""
    return Entry(membership.user_id, membership.group, membership.role) if membership else None


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Another role for a line of the list, or none (`role` empty): GET tells what it would do, POST does it."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    membership = Membership.objects.filter(project=project, pk=pk).select_related("user").first()
    if membership is None:
        raise Http404("This line of the list is gone.")
    sent = request.POST if request.method == "POST" else request.GET
    role, by = sent.get("role", ""), person(request)
    if role and not RoleForm(sent).is_valid():
        return show(request, project, status=400)
    name = str(membership.user or membership.group)
    if request.method == "POST" and role:
        return attempt(request, project, lambda: services.change_role(by=by, project=project, pk=pk, role=role), f"{name} is now {role}.")
    if request.method == "POST":
        return attempt(request, project, lambda: taken_out(request, project, pk), f"{name} was removed. You can undo it below.")
    adding = Entry(membership.user_id, membership.group, role) if role else None
    who = f"Everyone in {name}" if membership.group else name
    what = f"{who}: {role} instead of {membership.role}" if role else f"Remove {'the rule for ' if membership.group else ''}{name}"
    done = effect(project, without=entry(membership), adding=adding, reader=by)
    action = f"Make {role}" if role else "Remove"
    return ask(request, project, what=what, effect=done, new_role=role, action=action, danger=not role, url=request.path)


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Find a person by exactly what they are called and show who that is; then, by their handle, name them."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    if "person" in request.POST:
        chosen = ChosenForm(request.POST)
        if not chosen.is_valid():
            return show(request, project, status=400)
        user, role = chosen.cleaned_data["person"], chosen.cleaned_data["role"]
        return attempt(
            request,
            project,
            lambda: services.add_person(by=person(request), project=project, user=user, role=role),
            f"{user} is now {role}.",
        )
    form = PersonForm(request.POST, auto_id="person_%s")
    found = form.found() if form.is_valid() else None
    if found is None:
        return show(request, project, status=400, person_form=form)
    role = form.cleaned_data["role"]
    known = Membership.objects.filter(project=project, user=found).first()
    done = effect(project, without=entry(known), adding=Entry(found.pk, "", role), reader=person(request))
    done = replace(done, found=found)
    by = Identity.objects.filter(user=found, subject=form.cleaned_data["who"]).first() or found
    context = {
        "effect": done,
        "found": found,
        "home": home_of(by),
        "subject": by.subject,
        "new_role": role,
        "action": f"Add as {role}",
        "url": request.path,
    }
    return ask(request, project, what=f"{found} as {role}", **context)


def taken_out(request: HttpRequest, project: Project, pk: int) -> Membership:
    """Remove it, and remember for a while what it was."""
    removed = services.remove(by=person(request), project=project, pk=pk)
    request.session[UNDO] = {
        "project": project.pk, "user": removed.user_id, "group": removed.group, "role": removed.role,
        "name": str(removed.user or removed.group), "at": time.time(),
    }  # fmt: skip
    return removed


def removed_last(request: HttpRequest, project: Project) -> dict[str, Any] | None:
    """What the reader removed from this project a moment ago."""
    known = request.session.get(UNDO)
    if not known or known["project"] != project.pk or time.time() - known["at"] > UNDO_SECONDS:
        return None
    return {**known, "url": reverse("projects:people-undo", args=[project.slug])}


@require_POST
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring back what was removed last."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    known = removed_last(request, project)
    request.session.pop(UNDO, None)
    user = User.objects.filter(pk=known["user"]).first() if known and known["user"] else None
    if known is None or not (user or known["group"]):
        messages.error(request, "There is nothing left to undo.")
        return redirect("projects:people", slug=slug)

    def back() -> Membership:
        if user:
            return services.add_person(by=person(request), project=project, user=user, role=known["role"])
        return services.add_rule(by=person(request), project=project, group=known["group"], role=known["role"])

    return attempt(request, project, back, f"{known['name']} is {known['role']} again.")
