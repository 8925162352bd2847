"""What a public project says to programs: the head of its page, and its part of the sitemap."""

from collections.abc import Sequence

from django.urls import reverse

from projects.models import Project
from vre_portal import json_ld
from vre_portal.page_head import PageHead, absolute
from vre_portal.sitemap import SitemapEntry, SitemapSource


def head_of(project: Project) -> PageHead | None:
    """The head of a public project's first page; None for one that only some may see."""
    if not project.is_public:
        return None
    path = project.get_absolute_url()
    picture = reverse("projects:picture", args=[project.slug]) if project.picture else ""
    data = json_ld.thing(
        "ResearchProject",
        **{"@id": absolute(path)},
        name=project.title,
        description=project.summary,
        url=absolute(path),
        image=absolute(picture) if picture else None,
        keywords=[item for item in (project.theme, *project.experiments) if item],
        member=[json_ld.organization(item.name, item.ror) for item in project.institute_list],
        parentOrganization=json_ld.operator(),
    )
    return PageHead(
        title=project.title,
        description=project.summary,
        path=path,
        picture=picture,
        picture_description=project.picture_description if picture else "",
        data=data,
    )


def entries(start: int, size: int) -> Sequence[SitemapEntry]:
    """The addresses of public projects, the oldest first."""
    projects = Project.objects.public().order_by("pk").only("slug", "changed_at")[start : start + size]
    return [SitemapEntry(project.get_absolute_url(), project.changed_at) for project in projects]


source = SitemapSource("projects", lambda: Project.objects.public().count(), entries, ("projects",), Project.objects.next_opening)
