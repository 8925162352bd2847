"""What the Data Lake's index holds in a project's scope: sums by type, format and experiment, and a search within it."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from datalake.index import holdings, search
from datalake.index.models import IndexedScope, IndexEntry
from datalake.index.query import Query, read
from datalake.pages.addresses import did_address
from projects.audience import Origin
from projects.models import Project
from projects.resource_access import can_see
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind, UnknownService, service


@dataclass(frozen=True)
class ScopeData:
    """The scope of a project in the index, for somebody who may see it."""

    lake: Service
    scope: IndexedScope

    @classmethod
    def of(cls, user: User | AnonymousUser, project: Project) -> "ScopeData | None":
        """None where the project has no scope, the person may not see it, or the index does not have it."""
        try:
            lake = service(ServiceKind.RUCIO)
        except UnknownService:
            return None
        if not project.scope or not can_see(user, project, Origin(lake.name, project.scope)):
            return None
        scope = IndexedScope.objects.filter(lake=lake.name, name=project.scope, gone=False).first()
        return cls(lake, scope) if scope is not None else None

    @property
    def amount(self) -> holdings.Amount:
        return holdings.Amount.of([self.scope])

    def query(self, parameters: QueryDict) -> Query:
        """The search that is asked for, in this scope and no other."""
        asked = read(parameters)
        pattern = parameters.get("pattern", "").replace("\0", "").strip()[:500]
        return Query(pattern=pattern.removeprefix(f"{self.scope.name}:"), scopes=(self.scope.name,), type=asked.type)

    def parts(self, base: Query) -> dict[str, list[holdings.Holding]]:
        """The sums, each with the search in the lake that finds what was counted."""
        scopes = [self.scope]
        return {
            "types": holdings.by_type(scopes, base),
            "experiments": holdings.by_experiment(scopes, base),
            "formats": holdings.by_format(scopes, base),
        }

    def page(self, query: Query, after: str, size: int) -> search.EntryPage:
        """One page of what a search finds; raises OperationalError where it takes too long."""
        with search.statement_timeout():
            return search.page(query, [self.scope], after, size)

    def address(self, entry: IndexEntry, project: str) -> str:
        """The entry's page; with the project that data are being added to, where there is one."""
        where = did_address("did", self.lake.name, self.scope.name, entry.name)
        return f"{where}{'&' if '?' in where else '?'}project={project}" if project else where
