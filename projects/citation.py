"""A project as a reference to cite: by its leads, whom everybody who sees it may know; without any, by its experiments or institutes."""

from collections.abc import Iterable

from django.conf import settings

from projects.models import Membership, Project, Role
from vre_portal.citation_formats import Author, Reference, ReferenceType
from vre_portal.vocabularies import spdx


def reference(project: Project, memberships: Iterable[Membership]) -> Reference:
    """How to cite the project's page."""
    leads = sorted(str(item.user) for item in memberships if item.user and item.role == Role.LEAD)
    people = [Author.person(name) for name in leads]
    groups = [Author.organisation(str(name)) for name in project.experiments or project.institutes]
    return Reference(
        type=ReferenceType.PROJECT,
        title=project.title,
        authors=tuple(people or groups),
        date=f"{project.changed_at:%Y-%m-%d}",
        url=project.address,
        repository=project.repository,
        publisher=str(settings.SITE["name"]),
        licence=spdx.canonical(project.licence),
        keywords=tuple(map(str, project.keywords)),
        abstract=project.summary,
        publication=project.citation,
        fallback_key=project.slug,
    )


def leads_of(project: Project) -> list[Membership]:
    """The memberships of those who lead the project by name."""
    return list(project.memberships.filter(role=Role.LEAD, user__isnull=False).select_related("user"))
