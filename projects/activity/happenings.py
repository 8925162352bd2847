"""What happened in a project, gathered from its runs, its resources and the audit record, as far as a reader may know of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from projects.models import Project, Resource
from projects.workflows.models import Run
from vre_portal.audit.models import Entry
from vre_portal.iam.models import User

SEEN = "changed who sees the project to"
DONE = {
    "project.people.added": "made",
    "project.people.changed": "made",
    "project.people.removed": "removed",
    "project.edit": "changed the text",
    "project.picture": "changed the picture",
    "project.visibility": SEEN,
    "project.visibility-undo": SEEN,
    "project.embargo": SEEN,
}
RUN_FIELDS = (
    "number",
    "status",
    "created_at",
    "finished_at",
    "project__slug",
    "by__name",
    "by__preferred_username",
    "specification__title",
)


@dataclass(frozen=True)
class Happening:
    """One line: when, by whom, what, and where to read on."""

    at: datetime
    icon: str
    who: str
    what: str
    subject: str = ""
    url: str = ""
    state: str = ""


def of(project: Project, *, reader: User | AnonymousUser, people: bool, before: datetime | None, most: int) -> list[Happening]:
    """The newest so many that are older than a moment and that the reader may know of.

    Changes of people and texts are only for those who belong to the project.
    """
    found = [*_runs(project, reader, before, most), *_resources(project, reader, before, most)]
    if people:
        found += _changes(project, before, most)
    return nlargest(most, found, key=attrgetter("at"))


def _older(name: str, before: datetime | None) -> dict[str, Any]:
    return {f"{name}__lt": before} if before else {}


def _runs(project: Project, reader: User | AnonymousUser, before: datetime | None, most: int) -> Iterable[Happening]:
    runs = Run.objects.filter(project=project).visible_to(reader).select_related("by", "specification", "project").only(*RUN_FIELDS)
    for run in runs.filter(**_older("created_at", before)).order_by("-created_at")[:most]:
        yield Happening(run.created_at, "rocket", str(run.by), "launched", str(run), run.get_absolute_url())
    ended = runs.filter(status__in=Run.ENDED, finished_at__isnull=False)
    for run in ended.filter(**_older("finished_at", before)).order_by("-finished_at")[:most]:
        yield Happening(run.finished_at or run.created_at, "workflow", "", "", str(run), run.get_absolute_url(), run.status)


def _resources(project: Project, reader: User | AnonymousUser, before: datetime | None, most: int) -> Iterable[Happening]:
    """What was bound, as far as the reader may see it; a restricted scope is in no feed."""
    rows = project.resources.visible_to(reader).filter(**_older("added_at", before)).select_related("added_by").order_by("-added_at")[:most]
    for item in rows:
        result = item.kind == Resource.Kind.RESULT
        what = "kept the result" if result else f"added {item.get_kind_display()}"
        yield Happening(item.added_at, "archive" if result else "plus", str(item.added_by or ""), what, str(item), item.address)


def _changes(project: Project, before: datetime | None, most: int) -> Iterable[Happening]:
    rows = Entry.objects.filter(subject=f"project/{project.slug}", action__in=DONE, outcome="ok", at__gte=project.created_at)
    entries = list(rows.filter(**_older("at", before)).order_by("-number")[:most])
    handles = {UUID(entry.facts["person"]) for entry in entries if entry.facts.get("person")} | {
        item.actor for item in entries if item.actor
    }
    names = {str(user.handle): str(user) for user in User.objects.filter(handle__in=handles).only("handle", "name", "preferred_username")}
    for entry in entries:
        who = names.get(str(entry.actor), "Somebody who is gone") if entry.actor else "Whoever runs this portal"
        yield Happening(entry.at, "users" if ".people." in entry.action else "pencil", who, DONE[entry.action], _told(entry, names))


def _told(entry: Entry, names: dict[str, str]) -> str:
    facts = entry.facts
    if DONE[entry.action] == SEEN:
        return str(facts.get("now", ""))
    if ".people." not in entry.action:
        return ", ".join(facts.get("fields", []))
    whom = f"everyone in {facts['group']}" if facts.get("group") else names.get(str(facts.get("person")), "somebody who is gone")
    return whom if entry.action == "project.people.removed" else f"{whom} {facts.get('role', '')}"
