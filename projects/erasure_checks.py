"""What projects say of a person to whom it matters, and why somebody cannot be erased yet."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from projects.models import Invitation, Membership, Project, Resource, Role, TransferOffer
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def roles(user: User) -> list[dict[str, str]]:
    """Each role, by name or through a group."""
    found = Membership.objects.of(user).select_related("project").order_by("project__slug")
    return [{"project": item.project.slug, "title": item.project.title, "role": item.role, "group": item.group} for item in found]


def still_the_only_lead(user: User) -> list[str]:
    """A project must not lose its last lead."""
    led = Membership.objects.filter(user=user, role=Role.LEAD).select_related("project")
    others = Membership.objects.filter(role=Role.LEAD, project__in=led.values("project")).exclude(user=user)
    kept = set(others.exclude(user__is_active=False).values_list("project", flat=True))
    alone = [item.project.title for item in led if item.project_id not in kept]
    return [_("You are the only lead of %(project)s. Make another person lead first.") % {"project": title} for title in alone]


def lock_projects(user: User) -> None:
    """Lock the projects that lose something with the person: of two leads who go at once the second sees that the other has gone.

    In one order for everybody, and with the projects whose leads were asked by the person, who may be about to answer.
    """
    concerned = Q(memberships__user=user) | Q(requests__by=user)
    numbers = Project.objects.filter(concerned).order_by().values("pk").distinct()
    list(Project.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=numbers).order_by("pk").values_list("pk"))


def of_visible_projects(user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of projects that the person may see now."""
    return rows.filter(project__in=Project.objects.visible_to(user))


data_export.register_exporter("project roles", roles)
data_export.register_erasure_lock(lock_projects)
data_export.register_erasure_check(still_the_only_lead)
# A person who began a project and no longer sees it knows that, and nothing of its text.
data_export.register_limit(Project, lambda user, projects: projects.visible_to(user), always=("id", "created_at"))  # type: ignore[attr-defined]
# Names and titles are derived from the data: they are for whoever may see those now.
data_export.register_limit(
    Resource,
    lambda user, resources: of_visible_projects(user, resources.visible_to(user)),  # type: ignore[attr-defined]
    always=("id", "kind", "added_at"),
)
# Of a project that the person has left they know what they did, and not what it is called by now.
data_export.register_limit(
    Invitation,
    of_visible_projects,
    always=("id", "role", "note", "key", "created_at", "expires_at", "max_uses", "uses", "revoked_at"),
)
data_export.register_limit(TransferOffer, of_visible_projects, always=("id", "by", "to", "state", "created_at", "ended_at"))
