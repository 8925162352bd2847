"""What is done to projects."""

from typing import Any

from django.db import transaction

from projects.models import Project, Resource
from vre_portal.audit import record
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
    with transaction.atomic():
        resource, added = Resource.objects.update_or_create(
            project=project,
            kind=kind,
            service=service,
            identifier=identifier,
            defaults={"title": title, "facts": facts or {}},
            create_defaults={"title": title, "facts": facts or {}, "added_by": by},
        )
        if added:
            _noted("resource.add", by, resource)
    return resource


def remove_resource(*, by: User, resource: Resource) -> None:
    """Unbind it; the thing itself stays where it is."""
    with transaction.atomic():
        _noted("resource.remove", by, resource)
        resource.delete()


def _noted(action: str, by: User | None, resource: Resource) -> None:
    slug, kind, service, identifier = resource.project.slug, resource.kind, resource.service, resource.identifier
    record(action, by=by, subject=f"project/{slug}", kind=kind, service=service, identifier=identifier)
