"""Pages on which a project's people are seen and changed; each change shows what it would do before it is made."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects.models import Membership, Project, Role
from projects.page_context import render_project_page
from projects.people import data_access, services
from projects.people.effects import Effect, RoleGrant, effect
from projects.people.forms import ChosenForm, PersonForm, RoleForm, RuleForm
from projects.permissions import Permission, permissions, project_for, role_of
from projects.undo import Undo
from projects.views import people_of
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import Identity, User
from vre_portal.limits import ACT, LOOKUP, rate_limited
from vre_portal.pages import public_page
from vre_portal.services import ServiceKind
from vre_portal.services import services as configured
from vre_portal.tables import listing, page_size
from vre_portal.text import plain

UNDO = Undo("people_undo")
PAGE, DIGITS = 100, 9


def home_of(user: User | Identity) -> str:
    """The title of the IAM that somebody, or an identity of theirs, comes from."""
    return next((iam.title for iam in configured(ServiceKind.IAM) if iam.url == user.issuer), user.issuer)


def show(request: HttpRequest, project: Project, status: int = 200, **forms: Any) -> HttpResponse:
    """The list; for leads with forms, filled in again where they were refused."""
    may = Permission.PEOPLE in permissions(request.user, project)
    memberships, following = page_of_people(request, project)
    context = {
        "memberships": memberships,
        "next_url": following,
        "previous_url": request.path if request.GET.get("from") else None,
        "own": own_membership(request, project, memberships, is_whole=following is None and "from" not in request.GET),
        "may_change": may,
        "kept_leads": services.kept_leads(project) if may else frozenset(),
        "only_lead": services.LEAVING_LAST_LEAD,
        "rule_form": RuleForm(auto_id="rule_%s"),
        "person_form": PersonForm(auto_id="person_%s"),
        "roles": list(Role),
        "undo": removed_last(request, project) if may else None,
        "missing": data_access.missing_access(current_user(request), project, data_access.named_in(project)) if may else [],
    }
    return render_project_page(request, project, "projects/people.html", "people", status=status, **{**context, **forms})


def page_of_people(request: HttpRequest, project: Project) -> tuple[list[Membership], str | None]:
    """The lines from `?from=` on, and the address of those after them."""
    size, begin = page_size(request, PAGE), request.GET.get("from", "")
    first = int(begin) if begin.isascii() and begin.isdecimal() and len(begin) <= DIGITS else 0
    lines = list(people_of(request, project)[first : first + size + 1])
    return lines[:size], f"{request.path}?from={first + size}" if len(lines) > size else None


def own_membership(request: HttpRequest, project: Project, lines: list[Membership], *, is_whole: bool) -> Membership | None:
    """The line that names the reader, which they can give up; asked for only where it may be on another page of the list."""
    if not isinstance(request.user, User) or role_of(request.user, project) is None:
        return None
    own = next((item for item in lines if item.user_id == request.user.pk), None)
    if own is not None or is_whole:
        return own
    return Membership.objects.filter(project=project, user=request.user).first()


@require_safe
@login_not_required
@public_page("projects", "people")
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who belongs to the project."""
    project = project_for(request.user, slug, Permission.VIEW)
    if request.GET.get("format"):
        lines, following = page_of_people(request, project)
        made = listing(request, [tabled(item) for item in lines], following=following, filename=f"{slug}-people")
        if made is not None:
            return made
    return show(request, project)


def tabled(item: Membership) -> dict[str, Any]:
    """A person's or a group's role as a row of a table for programs."""
    return {"kind": "person" if item.user else "group", "who": plain(item.user or item.group), "role": item.role}


def ask(request: HttpRequest, project: Project, effect: Effect, **context: Any) -> HttpResponse:
    """What a change would do, and what it does not open, with the button that makes it."""
    missing = data_access.missing_access(current_user(request), project, data_access.after(effect))
    return render_project_page(request, project, "projects/people_effect.html", "people", effect=effect, missing=missing, **context)


def attempt(request: HttpRequest, project: Project, change: Callable[[], Membership], success_message: str) -> HttpResponse:
    """Make the change and redirect; where it is refused, with the reason as a message."""
    try:
        change()
    except services.PeopleChangeRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, success_message)
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
            lambda: services.add_rule(by=current_user(request), project=project, group=group, role=role),
            _("Everyone in %(group)s now has the role %(role)s, including people who sign in later.")
            % {"group": group, "role": Role(role).label},
        )
    membership = Membership.objects.filter(project=project, group=group).first()
    done = effect(project, without=entry(membership), adding=RoleGrant(None, group, role), reader=current_user(request))
    question_text = _("Add the group %(group)s with the role %(role)s?") % {"group": group, "role": Role(role).label}
    return ask(request, project, what=question_text, effect=done, group=group, new_role=role, action=_("Add group"), url=request.path)


def entry(membership: Membership | None) -> RoleGrant | None:
    """The line as effects reckon with it."""
    return RoleGrant(membership.user_id, membership.group, membership.role) if membership else None


def question(membership: Membership, role: str) -> str:
    """What the page asks before a line of the list gets another role, or goes (`role` empty)."""
    name = str(membership.user or membership.group)
    if not role:
        return (_("Remove the group %(name)s?") if membership.group else _("Remove %(name)s?")) % {"name": name}
    message = _("Change the role of %(name)s from %(before)s to %(after)s?")
    if membership.group:
        message = _("Change the role of everyone in %(name)s from %(before)s to %(after)s?")
    return message % {"name": name, "before": membership.get_role_display(), "after": Role(role).label}


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Another role for a line of the list, or none (`role` empty): GET tells what it would do, POST does it."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    membership = Membership.objects.filter(project=project, pk=pk).select_related("user").first()
    if membership is None:
        raise Http404(_("This person or group is no longer in the project."))
    values = request.POST if request.method == "POST" else request.GET
    role, by = values.get("role", ""), current_user(request)
    if role and not RoleForm(values).is_valid():
        return show(request, project, status=400)
    name = str(membership.user or membership.group)
    if request.method == "POST" and role:
        message = _("%(name)s now has the role %(role)s.") % {"name": name, "role": Role(role).label}
        return attempt(request, project, lambda: services.change_role(by=by, project=project, pk=pk, role=role), message)
    if request.method == "POST":
        message = _("%(name)s was removed. You can undo this below.") % {"name": name}
        return attempt(request, project, lambda: taken_out(request, project, pk), message)
    adding = RoleGrant(membership.user_id, membership.group, role) if role else None
    question_text = question(membership, role)
    done = effect(project, without=entry(membership), adding=adding, reader=by)
    action = _("Change role") if role else _("Remove group") if membership.group else _("Remove person")
    return ask(request, project, what=question_text, effect=done, new_role=role, action=action, danger=not role, url=request.path)


@require_POST
@rate_limited(LOOKUP)
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
            lambda: services.add_person(by=current_user(request), project=project, user=user, role=role),
            _("%(name)s now has the role %(role)s.") % {"name": user, "role": Role(role).label},
        )
    form = PersonForm(request.POST, auto_id="person_%s")
    person = form.found() if form.is_valid() else None
    if person is None:
        return show(request, project, status=400, person_form=form)
    role = form.cleaned_data["role"]
    membership = Membership.objects.filter(project=project, user=person).first()
    done = effect(project, without=entry(membership), adding=RoleGrant(person.pk, "", role), reader=current_user(request))
    done = replace(done, found=person)
    by = Identity.objects.filter(user=person, subject=form.cleaned_data["who"]).first() or person
    context = {
        "effect": done,
        "found": person,
        "home": home_of(by),
        "subject": by.subject,
        "new_role": role,
        "action": _("Add person"),
        "url": request.path,
    }
    return ask(request, project, what=_("Add %(name)s as %(role)s?") % {"name": person, "role": Role(role).label}, **context)


@require_POST
@rate_limited(ACT)
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Give up one's own role."""
    project = project_for(request.user, slug, Permission.VIEW)
    try:
        services.leave(by=current_user(request), project=project)
    except services.PeopleChangeRefused as refused:
        messages.error(request, str(refused))
        return redirect("projects:people", slug=slug)
    messages.success(request, _("You left the project %(title)s.") % {"title": project.title})
    return redirect("projects:dashboard")


def taken_out(request: HttpRequest, project: Project, pk: int) -> Membership:
    """Remove it, and remember for a while what it was."""
    removed = services.remove(by=current_user(request), project=project, pk=pk)
    name = str(removed.user or removed.group)
    UNDO.note(request, project, user=removed.user_id, group=removed.group, role=removed.role, name=name)
    return removed


def removed_last(request: HttpRequest, project: Project) -> dict[str, Any] | None:
    """What the reader removed from this project a moment ago."""
    removed = UNDO.last(request, project)
    return {**removed, "url": reverse("projects:people-undo", args=[project.slug])} if removed else None


@require_POST
def undo(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring back what was removed last."""
    project = project_for(request.user, slug, Permission.PEOPLE)
    removed = removed_last(request, project)
    UNDO.forget(request)
    user = User.objects.filter(pk=removed["user"]).first() if removed and removed["user"] else None
    if removed is None or not (user or removed["group"]):
        messages.error(request, _("Nothing to undo."))
        return redirect("projects:people", slug=slug)

    def back() -> Membership:
        if user:
            return services.add_person(by=current_user(request), project=project, user=user, role=removed["role"])
        return services.add_rule(by=current_user(request), project=project, group=removed["group"], role=removed["role"])

    return attempt(
        request, project, back, _("%(name)s has the role %(role)s again.") % {"name": removed["name"], "role": Role(removed["role"]).label}
    )
