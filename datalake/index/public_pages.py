"""The part of the sitemap with the datasets and containers that everybody may see; their files are one link further."""

from collections.abc import Sequence

from datalake.index.models import IndexedScope, IndexEntry
from datalake.pages.addresses import did_address
from datalake.reads.scopes import is_public
from vre_portal.services import ServiceKind, services
from vre_portal.sitemap import SitemapEntry, SitemapSource


def public_scopes() -> list[IndexedScope]:
    """All scopes of all lakes that everybody may see."""
    lakes = {lake.name: lake for lake in services(ServiceKind.RUCIO)}
    return [scope for scope in IndexedScope.objects.filter(lake__in=lakes, gone=False) if is_public(lakes[scope.lake], scope.name)]


def count() -> int:
    """How many there are, by the sums of the index."""
    return sum(scope.containers + scope.datasets for scope in public_scopes())


def entries(start: int, size: int) -> Sequence[SitemapEntry]:
    """Their addresses by scope and name."""
    scopes = {scope.pk: scope for scope in public_scopes()}
    found = IndexEntry.objects.filter(scope__in=list(scopes)).exclude(type="FILE").order_by("scope", "type", "name")
    return [
        SitemapEntry(did_address("did", scopes[scope].lake, scopes[scope].name, name), updated or created)
        for scope, name, updated, created in found.values_list("scope", "name", "updated", "created")[start : start + size]
    ]


source = SitemapSource("data", count, entries, ("lake_sums", "lake_names"))
