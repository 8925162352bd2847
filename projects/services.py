"""What is done to projects."""

from typing import Any

from projects.models import Project, Resource
from vre_portal.iam.models import User


def add_resource(
    *,
    by: User | None,
    project: Project,
    kind: str,
    identifier: str,
    service: str = "",
    title: str = "",
    facts: dict[str, Any] | None = None,
) -> Resource:
    """Bind something to a project; adding it again brings its title and facts up to date."""
    resource, _ = Resource.objects.update_or_create(
        project=project,
        kind=kind,
        service=service,
        identifier=identifier,
        defaults={"title": title, "facts": facts or {}},
        create_defaults={"title": title, "facts": facts or {}, "added_by": by},
    )
    return resource


def remove_resource(*, by: User, resource: Resource) -> None:
    """Unbind it; the thing itself stays where it is."""
    resource.delete()
