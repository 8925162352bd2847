"""What projects say to the pages of data and software: which of them refer to a thing, and whose scopes are whose."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Project, Resource
from vre_portal.iam.models import User
from vre_portal.recent.models import RecentItem
from vre_portal.scope_owners import ScopeOwner
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.usage import MAX_OF_SOURCE, Thing, Use

MAX_OWNERS = 500  # projects whose scopes are named


def references(person: User | AnonymousUser, thing: Thing) -> Iterator[Use]:
    """The projects that refer to a thing or to what contains it, as the person may see both."""
    if thing.kind == "did":
        matching = Q(kind__in=Resource.IN_LAKES, identifier__in=thing.identifiers)
    else:
        matching = Q(kind=thing.kind) & (Q(identifier__in=thing.identifiers) | Q(facts__entry=thing.identifier))
    rows = Resource.objects.filter(matching, service=thing.service, project__in=Project.objects.visible_to(person))
    for item in rows.visible_to(person).select_related("project").order_by("-added_at", "-pk")[: MAX_OF_SOURCE + 1]:
        yield Use("project", item.project.title, item.project.get_absolute_url(), detail_of(item, thing), item.added_at)


def detail_of(item: Resource, thing: Thing) -> str:
    """How the project refers to it."""
    if thing.kind == "did" and item.identifier != thing.identifier:
        return _("through %(collection)s") % {"collection": item.identifier}
    return _("kept as a result") if item.kind == Resource.Kind.RESULT else ""


def lake_of_scopes() -> str:
    """The name of the lake where results are kept, in which the projects' scopes are; empty where there is none."""
    try:
        return service(ServiceKind.RUCIO).name
    except UnknownService:
        return ""


def scope_owners(person: User | AnonymousUser, lake: Service) -> Iterator[tuple[str, ScopeOwner]]:
    """The scopes of the projects that a person may see."""
    if lake.name != lake_of_scopes():
        return
    for project in Project.objects.visible_to(person).exclude(scope="").order_by("title", "slug")[:MAX_OWNERS]:
        yield project.scope, owner_of(project)


def recent_projects(user: User, items: Sequence[RecentItem]) -> list[RecentItem]:
    """Those of the projects that a person looked at that they may still see."""
    named = Project.objects.filter(slug__in=[item.identifier for item in items])
    visible = set(named.visible_to(user).values_list("slug", flat=True))
    return [item for item in items if item.identifier in visible]


def owner_of(project: Project) -> ScopeOwner:
    """The project as the owner of its scope."""
    return ScopeOwner(
        key=project.slug,
        title=project.title,
        url=project.get_absolute_url(),
        summary=project.summary,
        picture=f"{reverse('projects:picture', args=[project.slug])}?size=card" if project.picture else "",
        picture_alt=project.picture_description,
        drawing=None if project.picture else project.drawing,
        theme=project.theme,
        experiments=tuple(str(name) for name in project.experiments),
        is_public=project.is_public,
    )
