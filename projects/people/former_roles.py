"""Roles that have ended, as the audit log knows them."""

from dataclasses import dataclass
from datetime import datetime

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
