"""Projects and kept results as sources of the search, and what a public project says of its data."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects import audience, stages
from projects.audience import Origin
from projects.models import Membership, Project, Resource
from projects.permissions import can_create_projects
from vre_portal.iam.models import User
from vre_portal.search import audiences
from vre_portal.search.audiences import Reader
from vre_portal.search.sources import DocumentContext, PaletteAction, SearchItem, TypeLabel, WatchedTable
from vre_portal.text import without_markup

SHOWN = (
    "title",
    "summary",
    "description",
    "slug",
    "theme",
    "further_themes",
    "keywords",
    "stage",
    "experiments",
    "institutes",
    "contact",
    "licence",
    "archived_at",
    "deleted_at",
    "visibility",
    "embargo_until",
)
PROJECT = WatchedTable(Project, "project", columns=(*SHOWN, "scope"))
# A new row, or one that is public from now on, concerns data that no document names it for yet.
OF_DATA = (
    PROJECT,
    WatchedTable(Project, "project_scope", key="scope", columns=("scope", "visibility", "embargo_until")),
    WatchedTable(Resource, "did", key="service || ':' || identifier", columns=("project_id", "kind", "service", "identifier")),
)


def strings(values: object) -> list[str]:
    """The texts of a list that somebody else may have written anything into."""
    return [str(value) for value in values if isinstance(value, str) and value.strip()] if isinstance(values, list) else []


def visible_projects(user: Reader, values: Collection[str]) -> set[str]:
    """For `audiences`: which projects somebody may see."""
    return {str(pk) for pk in Project.objects.visible_to(user).filter(pk__in=values).values_list("pk", flat=True)}


def own_projects(user: Reader, values: Collection[str]) -> set[str]:
    """For `audiences`: which projects somebody belongs to."""
    if not isinstance(user, User) or not user.is_active:
        return set()
    return {
        str(pk)
        for pk in Membership.objects.of(user)
        .filter(project__in=[int(value) for value in values if value.isdecimal()])
        .values_list("project", flat=True)
    }


def readable_scopes(user: Reader, values: Collection[str]) -> set[str]:
    """For `audiences`: to which scopes, as `lake:scope`, no restriction closes the way for somebody."""
    return {value for value in values if audience.can_read(user, Origin(*_pair(value)))}


def unrestricted_scopes(_: Reader, values: Collection[str]) -> set[str]:
    """For `audiences`: which scopes, as `lake:scope`, are not restricted for anybody."""
    return {value for value in values if not audience.is_restricted(Origin(*_pair(value)))}


def _pair(value: str) -> tuple[str, str]:
    lake, _, scope = value.partition(":")
    return lake, scope


def project_facets(project: Project) -> dict[str, list[str]]:
    """What the documents of a project are sorted by."""
    keywords = [project.theme, *strings(project.further_themes), *strings(project.keywords)]
    return {"project": [project.slug], "experiment": strings(project.experiments), "keyword": list(dict.fromkeys(filter(None, keywords)))}


class ProjectSource:
    """The projects themselves, for everybody who sees them."""

    kind = "project"
    types: ClassVar[Mapping[str, TypeLabel]] = {"project": TypeLabel(gettext_lazy("Projects"), "layers", gettext_lazy("Project"))}
    tables: ClassVar[Sequence[WatchedTable]] = (PROJECT,)

    def keys(self) -> Iterator[str]:
        """All projects."""
        return map(str, Project.objects.values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        for project in Project.objects.filter(pk__in=keys):
            facets = project_facets(project)
            stage = str(stages.label(project.stage)) if project.stage else ""
            more = [*facets["keyword"], *facets["experiment"], *strings(project.institutes), project.slug, project.licence, stage]
            yield SearchItem(
                str(project.pk),
                self.kind,
                project.title,
                project.get_absolute_url(),
                audiences.rule(audiences.condition("project", project.pk)),
                subtitle=project.summary,
                text=without_markup(project.description_html),
                words=" ".join(more),
                identifiers=[project.slug],
                facets=facets,
                filters={"project": [project.title]},
                created=project.created_at,
                changed=project.changed_at,
                boost=2.0,
                is_top=True,
            )


class ResultSource:
    """Results that projects keep in a Data Lake, for those who may see the data there."""

    kind = "result"
    types: ClassVar[Mapping[str, TypeLabel]] = {"result": TypeLabel(gettext_lazy("Kept results"), "archive", gettext_lazy("Kept result"))}
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(Resource, "result", columns=("project_id", "kind", "service", "identifier", "title", "facts")),
        PROJECT,
    )

    def keys(self) -> Iterator[str]:
        """All kept results."""
        return map(str, Resource.objects.filter(kind=Resource.Kind.RESULT).values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        rows = Resource.objects.filter(kind=Resource.Kind.RESULT, pk__in=keys).select_related("project")
        for row in rows:
            _, _, name = row.identifier.partition(":")
            yield SearchItem(
                str(row.pk),
                self.kind,
                row.title or name or row.identifier,
                row.address or reverse("projects:results", args=[row.project.slug]),
                data_rule(row.project_id, row.service, row.identifier.partition(":")[0]),
                subtitle=f"{row.identifier} · {row.project.title}",
                words=" ".join([row.project.theme, *strings(row.project.experiments), row.project.slug]),
                facets={**project_facets(row.project), "scope": [row.identifier.partition(":")[0]]},
                filters={"project": [row.project.title]},
                depends=[f"project:{row.project_id}"],
                created=row.added_at,
                boost=1.2,
                is_top=True,
            )


def data_rule(project: int, lake: str, scope: str) -> str:
    """Who may know that a project keeps data of a scope: as `ResourceQuerySet.visible_to` has it."""
    where = f"{lake}:{scope}"
    in_lake = [audiences.condition("project", project), audiences.condition("lake", where)]
    for_members = [audiences.condition("members", project), audiences.condition("read", where)]
    return audiences.rule(in_lake, for_members)


def contexts_of_data(names: Sequence[str]) -> Mapping[str, DocumentContext]:
    """What public projects say of data, which are named `lake:scope:name`: those that they bind, and all that is in their scope."""
    scopes = {name.split(":", 2)[1] for name in names}
    projects = Project.objects.public()
    by_scope: dict[str, list[Project]] = {}
    for project in projects.filter(scope__in=scopes).exclude(scope=""):
        by_scope.setdefault(project.scope, []).append(project)
    pairs = [name.split(":", 1) for name in names]
    bound: dict[str, list[Project]] = {}
    lakes: dict[str, list[str]] = {}
    for lake, did in pairs:
        lakes.setdefault(lake, []).append(did)
    where = Q(pk__in=[])
    for lake, dids in lakes.items():
        where |= Q(service=lake, identifier__in=dids)
    for row in Resource.objects.filter(where, kind__in=Resource.IN_LAKES, project__in=projects).select_related("project"):
        bound.setdefault(f"{row.service}:{row.identifier}", []).append(row.project)
    return {name: _context(name, [*by_scope.get(name.split(":", 2)[1], []), *bound.get(name, [])]) for name in names}


def _context(name: str, projects: Iterable[Project]) -> DocumentContext:
    its = list({project.pk: project for project in projects}.values())
    facets: dict[str, list[str]] = {"project": [], "experiment": [], "keyword": []}
    for project in its:
        for key, values in project_facets(project).items():
            facets[key] = [*facets[key], *(value for value in values if value not in facets[key])]
    more = [word for item in its for word in (item.title, item.summary, *facets["keyword"], *facets["experiment"])]
    depends = [f"did:{name}", f"project_scope:{name.split(':', 2)[1]}", *(f"project:{item.pk}" for item in its)]
    return DocumentContext(" ".join(more), facets, {"project": [item.title for item in its]}, depends)


def actions(user: User, text: str) -> list[PaletteAction]:
    """New project for those whom the portal lets, for others the page that says whom to ask."""
    if text and not any(word in "new project create" for word in text.lower().split()):
        return []
    title = _("New project") if can_create_projects(user) else _("How to start a project")
    return [PaletteAction(title, reverse("start:new"), "plus")]
