"""What an environment says to programs: the head of its page, and its part of the sitemap."""

from collections.abc import Sequence

from catalog.environments.models import Environment
from vre_portal import json_ld
from vre_portal.page_head import PageHead, absolute
from vre_portal.sitemap import SitemapEntry, SitemapSource


def head_of(environment: Environment) -> PageHead | None:
    """The head of its page; None for one that was withdrawn."""
    if environment.status == Environment.Status.WITHDRAWN:
        return None
    path, version = environment.get_absolute_url(), environment.current
    data = json_ld.thing(
        "SoftwareApplication",
        **{"@id": absolute(path)},
        name=environment.name,
        description=environment.summary,
        url=absolute(path),
        applicationCategory="container image",
        operatingSystem="Linux",
        identifier=version.pinned if version else "",
        softwareVersion=version.tag if version else "",
        fileSize=f"{version.size} B" if version and version.size else "",
        softwareRequirements=[f"Python {version.python}"] if version and version.python else [],
        dateModified=environment.changed_at.isoformat(),
    )
    return PageHead(title=environment.name, description=environment.summary, path=path, data=data)


def entries(start: int, size: int) -> Sequence[SitemapEntry]:
    """The addresses of those that are not withdrawn, the oldest first."""
    rows = Environment.objects.exclude(status=Environment.Status.WITHDRAWN).order_by("pk").only("slug", "changed_at")
    return [SitemapEntry(row.get_absolute_url(), row.changed_at) for row in rows[start : start + size]]


source = SitemapSource(
    "environments", lambda: Environment.objects.exclude(status=Environment.Status.WITHDRAWN).count(), entries, ("environments",)
)
