"""Changes of a project's references: under a lock, recorded, and never over words that the writer has not seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DataError, connection, transaction
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.models import Project, Resource
from projects.references.recognition import Recognition
from projects.services import bind, record_resource, remove_resource
from vre_portal.iam.models import User

PLACES = """
UPDATE projects_resource SET position = placed.position FROM unnest(%s::bigint[], %s::int[]) AS placed(pk, position)
WHERE id = placed.pk AND projects_resource.position <> placed.position
"""  # untranslated: SQL


class WordsChanged(Exception):
    """Somebody else saved other words about the reference since the form was opened."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(_("This reference was changed while you were editing."))
        self.resource = resource


class NotMoved(Exception):
    """The reference or the one beside which it was put is not in the project any more."""


@dataclass(frozen=True)
class AddedLine:
    """What came of one pasted line."""

    line: Recognition
    resource: Resource | None = None
    is_new: bool = False
    reason: str = ""

    @property
    def kind(self) -> str:
        """What pages call the kind."""
        return str(Resource.Kind(self.line.kind).label) if self.line.kind else ""


def add_lines(*, by: User, project: Project, lines: Iterable[Recognition]) -> list[AddedLine]:
    """Add what was recognised; a line that cannot be stored costs nothing but itself."""
    return [_add_line(by, project, line) for line in lines]


def _add_line(by: User, project: Project, line: Recognition) -> AddedLine:
    if line.reason:
        return AddedLine(line, reason=line.reason)
    try:
        with transaction.atomic():
            resource, is_new = bind(
                by=by, project=project, kind=line.kind, identifier=line.identifier, service=line.service, title=line.title, facts=line.facts
            )
    except DataError:
        return AddedLine(line, reason=_("This identifier can't be stored. Check its characters and its length."))
    return AddedLine(line, resource, is_new)


@transaction.atomic
def edit(*, by: User, project: Project, pk: int, seen: str, words: dict[str, str]) -> list[str]:
    """Save the words over those that the writer saw; the names of those that changed. Raises WordsChanged, Resource.DoesNotExist."""
    open_project_locked(project)
    resource = Resource.objects.select_for_update(of=("self",)).select_related("project").get(pk=pk, project=project)
    changed = [name for name in Resource.WORDS if getattr(resource, name) != words[name]]
    if not changed:
        return []
    if resource.version != seen:
        raise WordsChanged(resource)
    for name in changed:
        setattr(resource, name, words[name])
    resource.save(update_fields=changed)
    record_resource("resource.edit", by, resource, fields=changed)
    return changed


@transaction.atomic
def move(*, by: User, project: Project, pk: int, beside: int, is_after: bool) -> bool:
    """Put a reference right before or after another one; False where it is there already. Raises NotMoved."""
    open_project_locked(project)  # two who move at once are one after the other
    places = list(project.resources.order_by("position", "pk").values_list("pk", flat=True))
    if pk not in places or beside not in places:
        raise NotMoved(_("The list was changed in the meantime, and nothing was moved. Try again."))
    order = [place for place in places if place != pk]
    if pk != beside:
        order.insert(order.index(beside) + is_after, pk)
    if pk == beside or order == places:
        return False
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [order, list(range(1, len(order) + 1))])
    resource = Resource.objects.select_related("project").get(pk=pk)
    record_resource("resource.move", by, resource, place=order.index(pk) + 1)
    return True


def remove(*, by: User, resource: Resource) -> dict[str, Any]:
    """Remove a reference; what is returned is enough for `restore`."""
    removed = {name: getattr(resource, name) for name in ("kind", "service", "identifier", *Resource.WORDS, "position", "facts")}
    more = {"added_by": resource.added_by_id, "added_at": resource.added_at.isoformat()}
    remove_resource(by=by, resource=resource)
    return {**removed, **more}


@transaction.atomic
def restore(*, by: User, project: Project, removed: dict[str, Any]) -> Resource:
    """Bring back what was removed, with its words, in its place; one that was added again meanwhile stays as it is."""
    open_project_locked(project)
    values = dict(removed)
    named = {name: values.pop(name) for name in ("kind", "service", "identifier")}
    adder = User.objects.filter(pk=values.pop("added_by")).first()
    defaults = {**values, "added_by": adder, "added_at": datetime.fromisoformat(values["added_at"])}
    resource, is_new = Resource.objects.get_or_create(project=project, **named, defaults=defaults)
    if is_new:
        record_resource("resource.restore", by, resource)
    return resource
