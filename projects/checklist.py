"""What a project needs before it is shown to everybody: each line says whether it is there, and leads to where it is added."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Project, Resource
from projects.outlines import OUTLINES
from projects.permissions import Permission, can
from vre_portal.iam.models import User


@dataclass(frozen=True)
class Check:
    """One line of the list."""

    text: str
    is_done: bool
    url: str = ""  # where this person can add it
    detail: str = ""
    is_required: bool = True


CONTENT = (Resource.Kind.DID, Resource.Kind.SOFTWARE, Resource.Kind.RESULT, Resource.Kind.GIT)
type ContentSource = Callable[[Collection[Project]], QuerySet[Any, int]]  # the ids of those that have something
_contents: list[ContentSource] = []


def register_content(source: ContentSource) -> None:
    """Let a feature say which of some projects have something of it, such as a workflow, which counts like data or software."""
    _contents.append(source)


def checks(person: User, project: Project) -> list[Check]:
    """All lines, with links to what the person may change."""
    settings = reverse("projects:settings", args=[project.slug]) if can(person, project, Permission.EDIT) else ""

    def field(name: str) -> str:
        return f"{settings}#id_{name}" if settings else ""

    lines = [
        Check(_("A summary"), bool(project.summary.strip()), field("summary")),
        Check(_("A licence for the results"), bool(project.licence.strip()), field("licence")),
        Check(_("A contact"), bool(project.contact.strip()), field("contact")),
        Check(
            content_label(),
            has_content(project),
            reverse("projects:data", args=[project.slug]) if settings else "",
        ),
    ]
    if outline := OUTLINES.get(project.outline):
        untouched = outline.untouched(project.description)
        lines.append(Check(_("Your own text in place of the outline"), not untouched, field("description"), " ".join(untouched)))
    picture = reverse("projects:picture-change", args=[project.slug]) if settings else ""
    lines.append(Check(_("A picture of your own"), bool(project.picture), picture, is_required=False))
    return lines


def content_label() -> str:
    """What pages call that which `with_content` looks for."""
    return _("Data, software or a workflow")


def with_content(projects: Collection[Project]) -> set[int]:
    """Those of the projects in which there is something to look at: at least one dataset, result, software entry, repository or workflow."""
    bound = Resource.objects.filter(project__in=projects, kind__in=CONTENT).order_by().values_list("project", flat=True)
    return set(bound.union(*(source(projects) for source in _contents)).order_by())


def has_content(project: Project) -> bool:
    """The same of one project."""
    return project.pk in with_content([project])


def missing(person: User, project: Project) -> list[Check]:
    """The lines that keep the project from being published; projects that were not begun here are only kept back by an untouched outline."""
    if project.creation_key is None:
        outline = OUTLINES.get(project.outline)
        if outline is None or not outline.untouched(project.description):
            return []
    return [line for line in checks(person, project) if line.is_required and not line.is_done]
