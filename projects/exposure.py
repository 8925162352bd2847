"""What of a project everybody would see if it were public, and what would stay closed: shown before it is made public, and recorded."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser

from projects import audience
from projects.audience import Origin
from projects.models import Project, Resource, Role
from vre_portal.iam.models import User

NAMED = 20
TEXTS = ("title", "summary", "description", "picture", "theme", "experiments", "institutes", "contact", "licence", "citation")
KINDS = {
    Resource.Kind.DID: "datasets",
    Resource.Kind.RESULT: "kept results",
    Resource.Kind.SOFTWARE: "software entries",
    Resource.Kind.ENVIRONMENT: "environments",
    Resource.Kind.LINK: "links",
}


@dataclass(frozen=True)
class Exposure:
    """What a project, or a feature of it, shows to everybody once the project is public, and what of it stays closed."""

    what: str  # "published runs"
    opens: tuple[str, ...]  # the first of them by title
    count: int  # all of them
    stays_closed: str = ""  # one sentence
    closed: int = 0  # all that stays closed, also what the reader is not told of: for the record


_features: list[Callable[[User, Project], Exposure]] = []


def register(function: Callable[[User, Project], Exposure]) -> None:
    """A feature says what of a project it shows to everybody; it is told who asks, and names only what that person may see."""
    _features.append(function)


def exposures(reader: User, project: Project) -> list[Exposure]:
    """All that the project and its features would show; names only what the reader may see."""
    return [*own_exposures(reader, project), *(function(reader, project) for function in _features)]


def own_exposures(reader: User | AnonymousUser, project: Project) -> list[Exposure]:
    """What the project itself would show: its texts, its people, and what it binds together."""
    texts = tuple(name for name in TEXTS if getattr(project, name))
    return [Exposure("texts", texts, len(texts)), _people(project), *(_resources(reader, project, kind) for kind in Resource.Kind)]


def counts(shown: Iterable[Exposure]) -> dict[str, Any]:
    """How many of each open and stay closed, for the audit record."""
    found = list(shown)
    return {"opens": {item.what: item.count for item in found}, "stays_closed": {item.what: item.closed for item in found if item.closed}}


def version(shown: Iterable[Exposure]) -> str:
    """Changes when what would open does."""
    return hashlib.sha256(json.dumps([(item.what, item.count, item.opens, item.closed) for item in shown]).encode()).hexdigest()[:24]


def _people(project: Project) -> Exposure:
    """The leads and the groups, as strangers see them on the page of its people."""
    lines = list(project.memberships.select_related("user"))
    named = [item for item in lines if item.user]
    leads = [str(item.user) for item in named if item.role == Role.LEAD]
    groups = [f"everybody in {item.group}" for item in lines if item.group]
    others = len(named) - len(leads)
    closed = f"{others} other {'person' if others == 1 else 'people'} who {'is' if others == 1 else 'are'} named, and e-mail addresses of people."
    return Exposure(
        "people", tuple((*leads, *groups)[:NAMED]), len(leads) + len(groups), closed if others else "E-mail addresses of people.", others
    )


def _resources(reader: User | AnonymousUser, project: Project, kind: Resource.Kind) -> Exposure:
    """What of one kind visitors would see."""
    bound = project.resources.filter(kind=kind)
    opens = bound.visible_to(AnonymousUser())
    names, count = tuple(str(item) for item in opens[:NAMED]), opens.count()
    reasons = [_reason(reader, item.origin, item.count) for item in bound.origins() if not audience.is_public(item.origin)]
    return Exposure(KINDS[kind], names, count, " ".join(filter(None, reasons)), bound.count() - count)


def _reason(reader: User | AnonymousUser, origin: Origin, count: int) -> str:
    """Why things of one scope stay closed; empty where the reader is not to know of them."""
    lake = origin.service
    if lake is None:
        return f"{count}: the Data Lake {origin.lake} is not configured here."
    if not audience.is_restricted(origin):
        return f"{count} in {origin.scope}: only for people with an account at {lake.title}."
    if audience.can_read(reader, origin) or audience.is_announced(origin):
        return f"{count} in {audience.title_of(origin)}: restricted, only for those who may read these data."
    return ""
