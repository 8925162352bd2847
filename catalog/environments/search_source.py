"""Environments as a source of the search."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from catalog.environments.models import Environment, EnvironmentVersion
from vre_portal.search import audiences
from vre_portal.search.sources import SearchItem, TypeLabel, WatchedTable

SHOWN = ("name", "summary", "slug", "status", "session_kind", "current_id", "for_notebooks", "for_workflows")
MAX_PACKAGES = 2000


class EnvironmentSource:
    """Environments, which are public; withdrawn ones are found last."""

    kind = "environment"
    types: ClassVar[Mapping[str, TypeLabel]] = {"environment": TypeLabel(_("Environments"), "container", _("Environment"))}
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(Environment, "environment", columns=SHOWN),
        WatchedTable(EnvironmentVersion, "environment", key="environment_id", columns=("digest",)),  # which is told later, by its registry
    )

    def keys(self) -> Iterator[str]:
        """All that there are."""
        return map(str, Environment.objects.values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are, found by the names of their packages, too."""
        for row in Environment.objects.shown().filter(pk__in=keys):
            version = row.current
            packages = list(version.packages.packages.values_list("name", flat=True)[:MAX_PACKAGES]) if version and version.packages else []
            yield SearchItem(
                str(row.pk),
                self.kind,
                row.name,
                row.get_absolute_url(),
                audiences.PUBLIC,
                subtitle=version.image if version else "",
                text=row.summary,
                words=" ".join([row.session_kind, *(version.languages if version else ()), *packages]),
                identifiers=[version.image, version.pinned] if version else [],
                created=row.created_at,
                changed=row.changed_at,
                is_top=row.is_offered,
                is_last=row.status == Environment.Status.WITHDRAWN,
            )
