"""How a project is, for its leads: features register what they know of it, from the portal's own rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from projects.models import Project
from vre_portal.iam.models import User
from vre_portal.sources import Sources


@dataclass(frozen=True)
class HealthNote:
    """One thing about a project: a fact, or with the tone `warn` or `bad` something to mend at `url`."""

    project: int
    label: str
    value: str
    url: str = ""
    tone: str = ""


_sources = Sources[[User, Sequence[Project]], HealthNote]("project health")


def register(source: Callable[[User, Sequence[Project]], Iterable[HealthNote]]) -> None:
    """Let a feature say something about projects; the function asks the same number of questions for one and for many."""
    _sources.register(source)


def health_of(user: User, projects: Sequence[Project]) -> tuple[dict[int, list[HealthNote]], int]:
    """The notes of each project that the person leads, and how many features could not say theirs."""
    notes: dict[int, list[HealthNote]] = {project.pk: [] for project in projects}
    all_notes, failures = _sources.collect(user, projects)
    for note in all_notes:
        notes[note.project].append(note)
    return notes, failures
