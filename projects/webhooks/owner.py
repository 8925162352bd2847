"""Projects as owners of webhooks, and which events may leave the portal for one."""

from collections.abc import Collection, Iterable

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from projects.locking import ProjectClosed, open_project_locked
from projects.models import Membership, Project, Role
from vre_portal.iam.models import User
from vre_portal.notices.services import topic
from vre_portal.notices.webhooks.owners import Owner, OwnerClosed
from vre_portal.search import audiences
from vre_portal.search.audiences import AudienceCondition

TOPIC = "project"


def owner_of_project(value: str) -> Owner | None:
    """The project with this number."""
    project = Project.objects.filter(pk=int(value)).first() if value.isdecimal() else None
    return owner(project) if project else None


def owner(project: Project) -> Owner:
    """A project as an owner."""

    def lock() -> None:
        try:
            open_project_locked(project)
        except ProjectClosed as closed:
            raise OwnerClosed(str(closed)) from closed

    return Owner(
        topic=topic(TOPIC, project.pk),
        subject=f"project/{project.slug}",
        url=reverse("project-webhooks:index", args=[project.slug]),
        facts={"project": project.slug},
        is_open=project.deleted_at is None and not project.is_archived,
        known_rules=lambda rules: known_to_all_members(project, rules),
        lock=lock,
        people=lambda: leads_of(project),
    )


def known_to_all_members(project: Project, rules: Iterable[str]) -> Collection[str]:
    """Those rules that hold for whoever is a member, whatever else they may read: all other conditions have to hold for everybody.

    So data of a restricted scope never leave, not even where each member of today may read them.
    """
    granted = {AudienceCondition(name, str(project.pk)) for name in ("project", "members")}
    needed: dict[str, list[str]] = {}  # by what is left of a rule
    known = []
    for rule in rules:
        left = [alternative - granted for alternative in audiences.alternatives_of(rule)]
        if not all(left):
            known.append(rule)
        else:
            rest = audiences.rule(*([audiences.condition(*item) for item in alternative] for alternative in left))
            needed.setdefault(rest, []).append(rule)
    held = audiences.rules_that_hold(AnonymousUser(), needed) if needed else ()
    return [*known, *(rule for rest in held for rule in needed[rest])]


def leads_of(project: Project) -> list[int]:
    """The people who lead it, by name or by group."""
    leads = Membership.objects.filter(project=project, role=Role.LEAD)
    groups = [group for group in leads.values_list("group", flat=True) if group]
    named = set(leads.exclude(user=None).values_list("user", flat=True))
    by_group = User.objects.filter(groups__has_any_keys=groups).values_list("pk", flat=True) if groups else ()
    return sorted({*named, *by_group})
