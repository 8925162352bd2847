"""Roles that have ended, as the audit log knows them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from projects.models import Project, Role
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User


@dataclass(frozen=True)
class FormerRole:
    """The role that a person had by name, and when it ended."""

    role: Role
    until: datetime


def former_role(user: User, project: Project) -> FormerRole | None:
    """The last role that was taken from the person, or that they gave up; None where there was none."""
    removed = AuditEntry.objects.filter(
        subject=f"project/{project.slug}", action="project.people.removed", outcome="ok", facts__person=str(user.handle),
        at__gte=project.created_at,
    )  # fmt: skip
    entry = removed.order_by("-number").first()
    if entry is None or entry.facts.get("role") not in Role.values:
        return None
    return FormerRole(Role(entry.facts["role"]), entry.at)


def former_roles(user: User, slug: str) -> set[Role]:
    """All roles that were taken from the person, or from a group of theirs, or exchanged for others, in whatever project has or had this slug."""
    mine = Q(facts__person=str(user.handle)) | Q(facts__group__in=list(user.groups))
    actions = ("project.people.removed", "project.people.changed")
    entries = AuditEntry.objects.filter(mine, subject=f"project/{slug}", action__in=actions, outcome="ok")
    found = {facts.get("was") or facts.get("role") for facts in entries.values_list("facts", flat=True)}
    return {Role(role) for role in found if role in Role.values}
