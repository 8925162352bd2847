"""What is done to projects."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from projects.locking import open_project_locked
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
    """Bind something to a project; adding it again leaves the words and the order that people gave it, and brings its facts up to date."""
    return bind(by=by, project=project, kind=kind, identifier=identifier, service=service, title=title, facts=facts)[0]


def bind(
    *, by: User | None, project: Project, kind: str, identifier: str, service: str, title: str, facts: dict[str, Any] | None
) -> tuple[Resource, bool]:
    """The same, and whether it is new in the project."""
    named = {"project": project, "kind": kind, "service": service, "identifier": identifier}
    with transaction.atomic():
        # The next place is given to one at a time; an operator's content file, which names nobody, may fill an archived project.
        open_project_locked(project, archived_too=by is None)
        resource = Resource.objects.filter(**named).first()
        if resource is None:
            values = {"title": title, "facts": facts or {}, "added_by": by, "position": _next_position(project)}
            resource, added = Resource.objects.get_or_create(**named, defaults=values)
            if added:
                record_resource("resource.add", by, resource)
                return resource, True
        title, facts = resource.title or title, {**resource.facts, **(facts or {})}
        if (title, facts) != (resource.title, resource.facts):
            resource.title, resource.facts = title, facts
            resource.save(update_fields=["title", "facts"])
    return resource, False


def _next_position(project: Project) -> int:
    last = project.resources.aggregate(last=Max("position"))["last"]
    return int(last or 0) + 1


def remove_resource(*, by: User, resource: Resource) -> None:
    """Unbind it; the thing itself stays where it is."""
    with transaction.atomic():
        open_project_locked(resource.project)
        record_resource("resource.remove", by, resource)
        resource.delete()


def record_resource(action: str, by: User | None, resource: Resource, **more: Any) -> None:
    """Write it into the audit record."""
    slug, kind, service, identifier = resource.project.slug, resource.kind, resource.service, resource.identifier
    record(action, by=by, subject=f"project/{slug}", kind=kind, service=service, identifier=identifier, **more)
