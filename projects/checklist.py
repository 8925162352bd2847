"""What a project needs before it is shown to everybody: each line says whether it is there, and leads to where it is added."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.exposure import KINDS, Exposure
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
_contents: list[Callable[[Project], bool]] = []


def register_content(has_content: Callable[[Project], bool]) -> None:
    """Let a feature say that a project has something of it, such as a workflow, which counts like data or software."""
    _contents.append(has_content)


def checks(person: User, project: Project, shown: Iterable[Exposure] = ()) -> list[Check]:
    """All lines, with links to what the person may change; `shown` spares a question where it is known what the project would show."""
    settings = reverse("projects:settings", args=[project.slug]) if can(person, project, Permission.EDIT) else ""

    def field(name: str) -> str:
        return f"{settings}#id_{name}" if settings else ""

    lines = [
        Check(_("A summary"), bool(project.summary.strip()), field("summary")),
        Check(_("A licence for the results"), bool(project.licence.strip()), field("licence")),
        Check(_("A contact"), bool(project.contact.strip()), field("contact")),
        Check(
            _("Data, software or a workflow"),
            _is_in(shown) or has_content(project),
            reverse("projects:data", args=[project.slug]) if settings else "",
        ),
    ]
    if outline := OUTLINES.get(project.outline):
        untouched = outline.untouched(project.description)
        lines.append(Check(_("Your own text in place of the outline"), not untouched, field("description"), " ".join(untouched)))
    picture = reverse("projects:picture-change", args=[project.slug]) if settings else ""
    lines.append(Check(_("A picture of your own"), bool(project.picture), picture, is_required=False))
    return lines


def _is_in(shown: Iterable[Exposure]) -> bool:
    """Whether data, software or results are among what the project would show, or keep to some."""
    kinds = {KINDS[kind] for kind in CONTENT}
    return any(item.count or item.closed for item in shown if item.what in kinds)


def has_content(project: Project) -> bool:
    """Whether there is something to look at: at least one dataset, software entry or workflow."""
    return project.resources.filter(kind__in=CONTENT).exists() or any(has(project) for has in _contents)


def missing(person: User, project: Project, shown: Iterable[Exposure] = ()) -> list[Check]:
    """The lines that keep the project from being published; projects that were not begun here are only kept back by an untouched outline."""
    if project.creation_key is None:
        outline = OUTLINES.get(project.outline)
        if outline is None or not outline.untouched(project.description):
            return []
    return [line for line in checks(person, project, shown) if line.is_required and not line.is_done]
