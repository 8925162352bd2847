"""What staff see on their dashboard, over all applications: figures, failures of the last day, and requests that wait."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from vre_portal.sources import Sources


class StaffSection(StrEnum):
    """A part of the overview, with a fragment of its own."""

    FIGURES = "figures"
    PROBLEMS = "problems"  # failures of the last 24 hours, and what waits for somebody


@dataclass(frozen=True)
class StaffFigure:
    """A number with what it counts, and the page with more about it."""

    label: str
    value: int
    url: str = ""
    detail: str = ""


_sources = {section: Sources[[], StaffFigure](f"staff {section}") for section in StaffSection}


def register(section: StaffSection, source: Callable[[], Iterable[StaffFigure]]) -> None:
    """Let an application add figures to a section; the function asks no remote service, and the database once at most."""
    _sources[section].register(source)


def figures(section: StaffSection) -> tuple[list[StaffFigure], int]:
    """The figures of a section, and how many applications could not give theirs."""
    return _sources[section].collect()
