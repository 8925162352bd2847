"""A project as `?format=json` gives it: in a list what its row holds, on its own page all of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest

from projects.citation import reference
from projects.latest_result import LatestResult
from projects.models import Membership, Project, Resource
from projects.permissions import know_roles, role_of
from vre_portal.citation_formats import STYLES
from vre_portal.text import plain
from vre_portal.vocabularies import spdx

LINE_FIELDS = ("title", "summary", "theme", "stage", "contact", "licence", "repository", "website")  # each in one line


def described(request: HttpRequest, project: Project, data: Iterable[Resource]) -> dict[str, Any]:
    """A project as a row of a list, with those of its data that the reader may see."""
    return {
        "slug": project.slug,
        **{name: plain(getattr(project, name)) for name in LINE_FIELDS},
        "further_themes": project.further_themes,
        "keywords": project.keywords,
        "experiments": project.experiments,
        "institutes": [{"name": item.name, "ror": item.url or None} for item in project.institute_list],
        "contacts": project.contacts,
        "funding": project.funding,
        "visibility": Project.Visibility.PUBLIC if project.is_public else project.visibility,
        "embargo_until": project.embargo,
        "created_at": project.created_at,
        "changed_at": project.changed_at,
        "url": project.address,
        "role": role_of(request.user, project),
        "data": [located(item) for item in data],
    }


def described_whole(
    request: HttpRequest, project: Project, data: Sequence[Resource], memberships: Sequence[Membership], result: LatestResult | None
) -> dict[str, Any]:
    """A project with all that its page shows to this reader, but for the list of its references."""
    citation = reference(project, memberships)
    return {
        **described(request, project, data),
        "description": project.description,
        "licence_is_spdx": spdx.canonical(project.licence) == project.licence != "",
        "picture": project.picture_address or None,
        "picture_description": project.picture_description if project.picture else "",
        "people": [_person(item) for item in memberships],
        "publication": project.citation or None,
        "citation": {name: style.write(citation) for name, style in STYLES.items()},
        "copied_from": _origin(request, project),
        "latest_result": result.described() if result else None,
    }


def _origin(request: HttpRequest, project: Project) -> dict[str, Any] | None:
    """What the project is a copy of, and since when; which project it is only for those who may see that one."""
    if not project.is_copy:
        return None
    source = project.copied_from(request.user)
    known = (
        {"slug": source.slug, "title": plain(source.title), "url": source.address} if source else dict.fromkeys(("slug", "title", "url"))
    )
    return {**known, "copied_at": project.created_at}


def located(item: Resource) -> dict[str, Any]:
    """Where data of a project are in a Data Lake."""
    scope, _, name = item.identifier.partition(":")
    return {"lake": item.service, "scope": scope, "name": name, "type": item.facts.get("type")}


def project_rows(request: HttpRequest, projects: list[Project]) -> list[dict[str, Any]]:
    """Projects as rows of a table for programs."""
    know_roles(request.user, projects)
    data: dict[int, list[Resource]] = {project.pk: [] for project in projects}
    for item in Resource.objects.filter(project__in=projects, kind=Resource.Kind.DID).visible_to(request.user):
        data[item.project_id].append(item)
    return [described(request, project, data[project.pk]) for project in projects]


def _person(item: Membership) -> dict[str, Any]:
    return {"name": str(item.user) if item.user else None, "group": item.group or None, "role": item.role}
