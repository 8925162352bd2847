"""Which data of a project somebody may see, and what those who belong to it are told of the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.html import format_html
from django.utils.translation import gettext

from datalake.access import restrictions
from projects import audience
from projects.audience import Origin
from projects.models import FromScope, Project, Resource, ResourceQuerySet, closed_to
from projects.permissions import Permission, permissions, role_of
from vre_portal import access_requests
from vre_portal.fragments import key_of
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service


@dataclass(frozen=True)
class ClosedResources:
    """Data of a project that a person who belongs to it may not see: how many, why, and where to ask for access."""

    origin: Origin
    count: int
    title: str = ""  # what the lake tells of the restricted scope
    contact: str = ""
    removable: Sequence[Resource] = ()  # for those who may remove them: without a name

    @classmethod
    def of(cls, closed: FromScope, removable: QuerySet[Resource]) -> Self | None:
        """None where nobody is told of the scope."""
        lake, scope = closed.origin
        entry = restrictions.of_row(lake, scope)
        rows = [item for item in removable if item.origin == closed.origin]
        if entry is not None:
            return cls(closed.origin, closed.count, entry.title, entry.contact, rows)
        return cls(closed.origin, closed.count, removable=rows) if closed.origin.service is None else None

    @property
    def page(self) -> str:
        """Where to ask for access; empty where the lake is not configured."""
        return access_requests.page_for(*self.origin) if self.title else ""


def closed_resources(
    user: User | AnonymousUser, project: Project, resources: ResourceQuerySet, origins: list[FromScope] | None = None
) -> list[ClosedResources]:
    """What of these is closed to somebody who belongs to the project and may know that it is there; nothing for others."""
    if role_of(user, project) is None:
        return []
    may_remove = Permission.EDIT in permissions(user, project)
    closed = closed_to(user, resources.origins() if origins is None else origins)
    rows = resources.select_related("added_by") if may_remove and closed else resources.none()
    told = (ClosedResources.of(item, rows) for item in closed)
    return [item for item in told if item is not None]


class ShownResources(list[Resource]):
    """Resources as a page lists them: a part of the page that is kept is theirs, while services.toml says the same of their scopes."""

    def fragment_key(self) -> tuple[Any, ...]:
        origins = {item.origin for item in self if item.origin is not None}
        facts = (item.indexed.fragment_key() if item.indexed else None for item in self)
        images = (item.listed.fragment_key() for item in self if item.listed)
        near = ((item.previous_pk, item.next_pk) for item in self)
        return (*map(key_of, self), *facts, *images, *near, *sorted(origin for origin in origins if audience.is_restricted(origin)))


def can_see(user: User | AnonymousUser, project: Project, origin: Origin) -> bool:
    """Whether somebody may see the names of data of this scope in the project."""
    return audience.can_see(user, origin, is_member=lambda: role_of(user, project) is not None)


def first_resources(user: User | AnonymousUser, project: Project, limit: int) -> tuple[list[Resource], list[FromScope]]:
    """The first resources of each kind that somebody may see, and the scopes that all of them come from: two questions for any number."""
    origins = project.resources.origins()
    return list(_first_of_kinds(project.resources.visible_to(user, origins), limit)), origins


def _first_of_kinds(resources: ResourceQuerySet, limit: int) -> ResourceQuerySet:
    place = Window(RowNumber(), partition_by=[F("kind")], order_by=[F("position"), F("pk")])
    return resources.annotate(place=place).filter(place__lte=limit).order_by("position", "pk")


def refusal(user: User, origin: Origin) -> str:
    """Why the person may not add data of this scope, with what to do; empty where they may. Nobody hears of a scope that is not announced."""
    if audience.can_read(user, origin):
        return ""
    if restrictions.of_row(*origin) is not None:
        where = access_requests.page_for(*origin)
        return format_html(gettext('These data are restricted. <a href="{}">Request access</a>, then add them.'), where)
    return gettext("Data not found. Check the DID.")


def can_see_results_scope(user: User | AnonymousUser, project: Project) -> bool:
    """Whether somebody may know where the project keeps its results."""
    try:
        return can_see(user, project, Origin(service(ServiceKind.RUCIO).name, project.scope))
    except UnknownService:
        return role_of(user, project) is not None
