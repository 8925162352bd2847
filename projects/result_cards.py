"""The results of a project as cards on its page of results: features that have results register how to find them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from projects.latest_result import Figure
from projects.models import Project


@dataclass(frozen=True)
class ResultCard:
    """A result with its picture and its most important numbers; `thumbnail_url` is what a page shows, empty where the picture cannot be shown."""

    title: str
    url: str
    at: datetime
    people: str = ""
    is_published: bool = False
    picture_url: str = ""
    thumbnail_url: str = ""
    figures: tuple[Figure, ...] = ()
    thing: str = ""  # as lists of things that people collect name it
    row: Mapping[str, Any] = field(default_factory=dict)  # all that programs get of it, with every number


@dataclass(frozen=True)
class ResultCards:
    """One page of them in the order that the address asks for, the orders that there are, and the address of the next page."""

    cards: Sequence[ResultCard] = ()
    orders: Sequence[tuple[str, str]] = ()
    order: str = ""
    next_url: str | None = None
    withdrawn: Sequence[ResultCard] = ()
    best_url: str = ""  # where the reader chooses by which number results are compared


Source = Callable[[HttpRequest, Project], ResultCards]
_sources: list[Source] = []


def register(source: Source) -> None:
    """A feature gives the results of a project that the reader may see."""
    _sources.append(source)


def result_cards(request: HttpRequest, project: Project) -> ResultCards:
    """The cards of the feature that has results; none where there is no such feature."""
    return next((source(request, project) for source in _sources), ResultCards())
