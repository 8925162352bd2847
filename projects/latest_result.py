"""The newest result of a project, which its page shows first: features that have results register how to find it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser

from projects.models import Project
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Figure:
    """A number of a result, with the fewer digits that a page shows of it."""

    label: str
    value: str
    unit: str = ""
    short: str = ""

    @property
    def shown(self) -> str:
        return self.short or self.value


@dataclass(frozen=True)
class LatestResult:
    """A published result: a picture, its most important numbers, and its page; `thumbnail_url` is what a page shows of the picture."""

    title: str
    url: str
    at: datetime
    picture_url: str = ""
    thumbnail_url: str = ""
    picture_description: str = ""
    figures: tuple[Figure, ...] = ()

    def described(self) -> dict[str, Any]:
        """The result as JSON gives it."""
        figures = [{"label": item.label, "value": item.value, "unit": item.unit or None} for item in self.figures]
        return {"title": self.title, "url": self.url, "at": self.at, "picture": self.picture_url or None, "numbers": figures}


Source = Callable[[User | AnonymousUser, Project], LatestResult | None]
_sources: list[Source] = []


def register(source: Source) -> None:
    """A feature says which is its newest result of a project that everybody who sees the project may see; None where there is none."""
    _sources.append(source)


def latest_result(reader: User | AnonymousUser, project: Project) -> LatestResult | None:
    """The newest of all; a feature that fails is left out."""
    results = []
    for source in _sources:
        try:
            results.append(source(reader, project))
        except Exception:
            logger.exception("the latest result of %s cannot be read", project.slug)
    return max((item for item in results if item is not None), key=lambda item: item.at, default=None)
