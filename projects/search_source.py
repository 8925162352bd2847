"""Projects and kept results as sources of the search, and what a public project says of its data."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects import audience, stages
from projects.audience import Origin
from projects.data_use import lake_of_scopes
from projects.models import Membership, Project, Resource
from projects.permissions import can_create_projects
from vre_portal.folding import fold
from vre_portal.iam.models import User
from vre_portal.search import audiences
from vre_portal.search.audiences import Reader
from vre_portal.search.sources import DocumentContext, PaletteAction, SearchItem, TypeLabel, WatchedTable
from vre_portal.text import named_values, without_markup

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
# What the documents of other things say of their project: they do not wait where another column changes, such as its description.
PROJECT_CONTEXT = WatchedTable(
    Project,
    "project_context",
    columns=("title", "summary", "slug", "theme", "further_themes", "keywords", "experiments", "visibility", "embargo_until", "deleted_at"),
)
# References that the document of a project speaks of: what is in a Data Lake is not among them, so that data may come and go.
REFERENCES = WatchedTable(
    Resource,
    "project_reference",
    key=f"CASE WHEN kind IN ({', '.join(f"'{kind.value}'" for kind in Resource.IN_LAKES)}) THEN '' ELSE project_id::text END",  # untranslated: SQL
    columns=("project_id", "kind", "identifier", "title", "description"),
)
_VERSION = re.compile(r"v\d+$")  # of a preprint
MAX_REFERENCES = 200  # of a project that it is found by; the index keeps as many places of a word that all of them have
# A new row, or one that is public from now on, concerns data that no document names it for yet.
OF_DATA = (
    PROJECT_CONTEXT,
    WatchedTable(Project, "project_scope", key="scope", columns=("scope", "visibility", "embargo_until")),
    WatchedTable(Resource, "did", key="service || ':' || identifier", columns=("project_id", "kind", "service", "identifier")),
)


def strings(values: object) -> list[str]:
    """The texts of a list that somebody else may have written anything into."""
    return [str(value) for value in values if isinstance(value, str) and value.strip()] if isinstance(values, list) else []


def visible_projects(user: Reader, values: Collection[str]) -> set[str]:
    """For `audiences`: which projects somebody may see."""
    return {str(pk) for pk in Project.objects.visible_to(user).filter(pk__in=values).values_list("pk", flat=True)}


def project_names(user: Reader, values: Collection[str]) -> dict[str, str]:
    """For the facets: the titles of projects, which documents name by their slugs."""
    return dict(Project.objects.visible_to(user).filter(slug__in=values).values_list("slug", "title"))


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


def context_of(project: int) -> str:
    """What a document depends on that says something of its project."""
    return f"{PROJECT_CONTEXT.topic}:{project}"


def project_facets(project: Project) -> dict[str, list[str]]:
    """What the documents of a project are sorted by."""
    return {
        "project": [project.slug],
        "experiment": strings(project.experiments),
        "theme": strings(project.themes),
        "keyword": list(dict.fromkeys(strings(project.keywords))),
    }


def project_filters(project: Project) -> dict[str, list[str]]:
    """What they are found by, too: the project by its title, and its themes as if they were keywords."""
    return {"project": [project.title], "keyword": strings(project.themes)}


def reference_words(project: Project) -> str:
    """What a project is found by of its references: their identifiers and titles, then what is left out first where the index cuts.

    Data in a Data Lake are not among them: whether their names are for everybody who sees the project, services.toml may say anew at any
    moment. They have documents of their own.
    """
    rows = list(project.resources.exclude(kind__in=Resource.IN_LAKES).order_by("pk")[:MAX_REFERENCES])
    named = [part for row in rows for part in (*identifier_forms(row), row.title)]
    return "\n".join(filter(None, [*named, *(row.description for row in rows)]))


def identifier_forms(row: Resource) -> list[str]:
    """The ways to write an identifier that people paste: its web address, as it is kept, and a preprint as arXiv:2309.03007.

    What is a part of another one is not said again: its words are found there in the same order.
    """
    forms = [row.address] if row.address.startswith("https://") else []
    if row.kind == Resource.Kind.ARXIV:
        forms.append(f"arXiv:{row.identifier}")
        forms += [_VERSION.sub("", form) for form in forms]
    if not any(row.identifier in form for form in forms):
        forms.append(row.identifier)
    return list(dict.fromkeys(forms))


class ProjectSource:
    """The projects themselves, for everybody who sees them."""

    kind = "project"
    types: ClassVar[Mapping[str, TypeLabel]] = {"project": TypeLabel(gettext_lazy("Projects"), "layers", gettext_lazy("Project"))}
    tables: ClassVar[Sequence[WatchedTable]] = (PROJECT, REFERENCES)

    def keys(self) -> Iterator[str]:
        """All projects."""
        return map(str, Project.objects.values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        for project in Project.objects.filter(pk__in=keys):
            facets = project_facets(project)
            stage = str(stages.label(project.stage)) if project.stage else ""
            more = [
                *facets["theme"],
                *facets["keyword"],
                *facets["experiment"],
                *strings(project.institutes),
                project.slug,
                project.licence,
                stage,
                reference_words(project),
            ]
            yield SearchItem(
                str(project.pk),
                self.kind,
                project.title,
                project.get_absolute_url(),
                audiences.rule(audiences.condition("project", project.pk)),
                subtitle=" · ".join([*facets["experiment"], *facets["theme"]]),
                text="\n".join(filter(None, [project.summary, without_markup(project.description_html)])),
                words=" ".join(more),
                identifiers=[project.slug],
                facets=facets,
                filters=project_filters(project),
                depends=[f"{REFERENCES.topic}:{project.pk}"],
                created=project.created_at,
                changed=project.changed_at,
                boost=2.0,
                is_top=True,
            )


class ResultSource:
    """Results that projects keep in a Data Lake, for those who may see the data there."""

    kind = "result"
    types: ClassVar[Mapping[str, TypeLabel]] = {"kept": TypeLabel(gettext_lazy("Kept results"), "archive", gettext_lazy("Kept result"))}
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(Resource, "result", columns=("project_id", "kind", "service", "identifier", "title", "facts")),
        PROJECT_CONTEXT,
    )

    def keys(self) -> Iterator[str]:
        """All kept results."""
        return map(str, Resource.objects.filter(kind=Resource.Kind.RESULT).values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        rows = Resource.objects.filter(kind=Resource.Kind.RESULT, pk__in=keys).select_related("project")
        for row in rows:
            parameters = row.facts.get("parameters") if isinstance(row.facts, dict) else None
            yield SearchItem(
                str(row.pk),
                "kept",
                title_of(row),
                row.address or reverse("projects:results", args=[row.project.slug]),
                data_rule(row.project_id, row.service, row.identifier.partition(":")[0]),
                subtitle=f"{row.project.title} · {row.identifier}",
                text=named_values(parameters) if isinstance(parameters, dict) else "",
                words=" ".join([row.project.theme, *strings(row.project.experiments), row.project.slug]),
                facets={**project_facets(row.project), "scope": [row.identifier.partition(":")[0]]},
                filters=project_filters(row.project),
                depends=[context_of(row.project_id)],
                created=row.added_at,
                boost=1.2,
                is_top=True,
            )


def title_of(row: Resource) -> str:
    """What a kept result is called: its title, else its run, else its name in the lake."""
    run = row.facts.get("run") if isinstance(row.facts, dict) else None
    by_run = _("%(project)s, result of run %(number)s") % {"project": row.project.title, "number": run} if isinstance(run, int) else ""
    _scope, _colon, name = row.identifier.partition(":")
    return row.title or by_run or name or row.identifier


def data_rule(project: int, lake: str, scope: str) -> str:
    """Who may know that a project keeps data of a scope: as `ResourceQuerySet.visible_to` has it."""
    where = f"{lake}:{scope}"
    in_lake = [audiences.condition("project", project), audiences.condition("lake", where)]
    for_members = [audiences.condition("members", project), audiences.condition("read", where)]
    return audiences.rule(in_lake, for_members)


def contexts_of_data(names: Sequence[str]) -> Mapping[str, DocumentContext]:
    """What public projects say of data, which are named `lake:scope:name`: those that they bind, and all that is in their scope."""
    own_lake = f"{lake_of_scopes()}:"  # of others a scope may have the same name
    scopes = {name.split(":", 2)[1] for name in names if name.startswith(own_lake)}
    projects = Project.objects.public()
    by_scope: dict[str, list[Project]] = {}
    for project in projects.filter(scope__in=scopes).exclude(scope=""):
        by_scope.setdefault(project.scope, []).append(project)
    pairs = [name.split(":", 1) for name in names]
    bound: dict[str, list[Project]] = {}
    titles: dict[str, str] = {}
    lakes: dict[str, list[str]] = {}
    for lake, did in pairs:
        lakes.setdefault(lake, []).append(did)
    where = Q(pk__in=[])
    for lake, dids in lakes.items():
        where |= Q(service=lake, identifier__in=dids)
    for row in Resource.objects.filter(where, kind__in=Resource.IN_LAKES, project__in=projects).select_related("project"):
        name = f"{row.service}:{row.identifier}"
        bound.setdefault(name, []).append(row.project)
        if row.kind == Resource.Kind.RESULT and row.title:
            titles.setdefault(name, row.title)
    in_scope = {name: by_scope.get(name.split(":", 2)[1], []) for name in names if name.startswith(own_lake)}
    return {name: _context(name, [*in_scope.get(name, []), *bound.get(name, [])], titles.get(name, "")) for name in names}


def _context(name: str, projects: Iterable[Project], title: str) -> DocumentContext:
    its = list({project.pk: project for project in projects}.values())
    facets, filters = _united(map(project_facets, its)), _united(map(project_filters, its))
    named = [*facets.get("theme", ()), *facets.get("keyword", ()), *facets.get("experiment", ())]
    more = [word for item in its for word in (item.title, item.summary, *named)]
    depends = [f"did:{name}", f"project_scope:{name.split(':', 2)[1]}", *(context_of(item.pk) for item in its)]
    return DocumentContext(" ".join(more), facets, filters, depends, title)


def _united(groups: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """The values of all groups by name, each once."""
    united: dict[str, list[str]] = {}
    for group in groups:
        for name, values in group.items():
            united[name] = list(dict.fromkeys([*united.get(name, []), *values]))
    return united


def actions(user: User, text: str) -> list[PaletteAction]:
    """New project for those whom the portal lets, for others the page that says whom to ask."""
    title = _("New project") if can_create_projects(user) else _("How to start a project")
    named = fold(f"{_('New project')} {title} create").split()
    if not all(any(own.startswith(word) for own in named) for word in fold(text).split()):
        return []
    return [PaletteAction(title, reverse("start:new"), "plus")]
