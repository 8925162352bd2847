"""Workflows, their runs and results as sources of the search, and launching as something that a person can do from anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from projects.models import Membership, Project
from projects.permissions import ROLES, Permission
from projects.search_source import PROJECT_CONTEXT, context_of, project_facets, project_filters, strings
from projects.workflows.models import Result, Run, RunOrigin, RunTag, RunValue, Specification
from projects.workflows.readings import reading_of
from vre_portal.folding import fold
from vre_portal.iam.models import User
from vre_portal.search import audiences
from vre_portal.search.sources import PaletteAction, SearchItem, TypeLabel, WatchedTable
from vre_portal.text import BETWEEN, named_values

MAX_ACTIONS = 5


def words_of(project: Project) -> str:
    """What things of a project are found by, too."""
    return " ".join([project.title, project.slug, project.theme, *strings(project.experiments)])


class SpecificationSource:
    """The workflows of a project, for everybody who sees it."""

    kind = "workflow"
    types: ClassVar[Mapping[str, TypeLabel]] = {"workflow": TypeLabel(gettext_lazy("Workflows"), "workflow", gettext_lazy("Workflow"))}
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(Specification, "workflow", columns=("project_id", "name", "title", "source", "text", "facts::text")),
        PROJECT_CONTEXT,
    )

    def keys(self) -> Iterator[str]:
        """All specifications."""
        return map(str, Specification.objects.values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        for item in Specification.objects.filter(pk__in=keys).select_related("project", "current"):
            labels = [str(item.facts_of(name).get("label") or name) for name in item.default_parameters]
            steps = list(dict.fromkeys(node.name for node in reading_of(item).nodes))
            yield SearchItem(
                str(item.pk),
                self.kind,
                item.title,
                item.get_absolute_url(),
                audiences.rule(audiences.condition("project", item.project_id)),
                subtitle=item.project.title,
                text=described(steps, labels, item.source),
                words=f"{words_of(item.project)} {item.name}",
                facets=project_facets(item.project),
                filters=project_filters(item.project),
                depends=[context_of(item.project_id)],
                changed=item.changed_at,
                boost=1.2,
                is_top=True,
            )


def described(steps: Sequence[str], parameters: Sequence[str], source: str) -> str:
    """What a workflow is made of, as its hit shows it."""
    values = named_values({_("Steps"): ", ".join(filter(None, steps)), _("Parameters"): ", ".join(parameters)})
    return BETWEEN.join(filter(None, [values, source]))


# What the documents of a run and of its result say, and who may know of them.
OF_RUNS = (
    WatchedTable(
        Run,
        "run",
        columns=("project_id", "number", "specification_id", "parameters::text", "inputs", "status", "published_at", "title", "note"),
    ),
    WatchedTable(RunOrigin, "run", key="run_id"),
    WatchedTable(RunTag, "run", key="run_id"),
    WatchedTable(Specification, "workflow", columns=("title",)),
    PROJECT_CONTEXT,
)
UNREAD = ("code", "text", "steps", "files", "specification__code", "specification__text")  # a megabyte each


class RunSource:
    """Runs, for those who see them: of a published one everybody who sees its project, of another the members; restricted data count."""

    kind = "run"
    types: ClassVar[Mapping[str, TypeLabel]] = {"run": TypeLabel(gettext_lazy("Runs"), "play", pgettext_lazy("of a workflow", "Run"))}
    tables: ClassVar[Sequence[WatchedTable]] = OF_RUNS

    def keys(self) -> Iterator[str]:
        """All runs."""
        return map(str, Run.objects.values_list("pk", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        rows = Run.objects.filter(pk__in=keys).select_related("project", "specification").prefetch_related("origins", "tags")
        for run in rows.defer(*UNREAD):
            yield SearchItem(
                str(run.pk),
                self.kind,
                f"{run.title} ({run})" if run.title else str(run),
                run.get_absolute_url(),
                rule_of(run),
                subtitle=f"{run.project.title} · {run.get_status_display()}",
                text=BETWEEN.join(filter(None, [run.note, values_of(run)])),
                words=" ".join([words_of(run.project), *tags_of(run)]),
                facets=project_facets(run.project),
                filters=project_filters(run.project),
                depends=depends_of(run),
                created=run.created_at,
                changed=run.finished_at or run.created_at,
                boost=0.9,
            )


class RunResultSource:
    """Results of runs that were not withdrawn, for those who see their runs; a result has the key of its run."""

    kind = "run_result"
    types: ClassVar[Mapping[str, TypeLabel]] = {"result": TypeLabel(gettext_lazy("Results"), "chart-line", gettext_lazy("Result"))}
    tables: ClassVar[Sequence[WatchedTable]] = (
        WatchedTable(Result, "run_result", key="run_id", columns=("title", "description", "people", "withdrawn_at")),
        # Parameters are noted for every launch, and are the run's.
        WatchedTable(RunValue, "run_result", key="CASE WHEN kind = 'result' THEN run_id::text ELSE '' END"),  # untranslated: SQL
        *OF_RUNS,
    )

    def keys(self) -> Iterator[str]:
        """The keys of the runs with one."""
        return map(str, Result.objects.filter(withdrawn_at=None).values_list("run", flat=True).iterator())

    def documents(self, keys: Sequence[str]) -> Iterator[SearchItem]:
        """Those of them that there are."""
        rows = Result.objects.filter(run__in=map(int, keys), withdrawn_at=None).select_related("run__project", "run__specification")
        numbers = Prefetch("run__values", RunValue.objects.filter(kind=RunValue.Kind.RESULT), to_attr="numbers")
        rows = rows.prefetch_related("run__origins", "run__tags", numbers)
        for result in rows.defer(*(f"run__{name}" for name in UNREAD)):
            run = result.run
            people = [person["name"] for person in result.people_list]
            headline = named_values({row.name: row.short for row in run.__dict__["numbers"]})
            yield SearchItem(
                str(run.pk),
                "result",
                result.title,
                result.get_absolute_url(),
                rule_of(run),
                subtitle=BETWEEN.join([run.project.title, str(run)]),
                text=BETWEEN.join(filter(None, [headline, result.description, values_of(run)])),
                words=" ".join([words_of(run.project), *people, *tags_of(run)]),
                facets=project_facets(run.project),
                filters=project_filters(run.project),
                depends=depends_of(run),
                created=result.created_at,
                changed=run.finished_at or run.created_at,
                boost=1.2,
            )


def values_of(run: Run) -> str:
    """The parameters and inputs of a run as a text."""
    values = run.parameters if isinstance(run.parameters, dict) else {}
    inputs = {name: source.get("did", "") for name, source in run.inputs.items() if isinstance(source, dict)}
    return named_values({**values, **inputs})


def tags_of(run: Run) -> list[str]:
    """The words that people put on a run whose tags were fetched."""
    return [tag.name for tag in run.tags.all()]


def depends_of(run: Run) -> list[str]:
    """What a document of a run, or of its result, changes with."""
    return [f"run:{run.pk}", context_of(run.project_id), f"workflow:{run.specification_id}"]


def rule_of(run: Run) -> str:
    """Who may know of a run: as `RunQuerySet.visible_to` has it. Whether a scope is restricted is asked with each search."""
    see, for_members = audiences.condition("project", run.project_id), _members(run)
    return audiences.rule([see, *_origins(run, unconfirmed=True)], for_members) if run.published_at else audiences.rule(for_members)


def rule_for_members(run: Run, *further: str) -> str:
    """The members among them, published or not, for whom further conditions hold."""
    return audiences.rule([*_members(run), *further])


def _members(run: Run) -> list[str]:
    return [audiences.condition("members", run.project_id), *_origins(run, unconfirmed=False)]


def _origins(run: Run, *, unconfirmed: bool) -> list[str]:
    """The conditions on the scopes that it comes from: of all of them, or that those which nobody confirmed are restricted for nobody."""
    rows = [row for row in run.origins.all() if not unconfirmed or row.confirmed_at is None]
    return [audiences.condition("read" if not unconfirmed else "unrestricted", f"{row.lake}:{row.scope}") for row in rows]


def actions(user: User, text: str) -> list[PaletteAction]:
    """Launch one of the workflows of the projects in which the person may, those first whose titles have the typed words."""
    launching = [role for role, granted in ROLES.items() if Permission.LAUNCH in granted]
    allowed = Membership.objects.of(user).filter(role__in=launching).values("project")
    typed = [word for word in fold(text).split() if word not in ("launch", "run", "start")]
    rows = Specification.objects.filter(project__in=allowed).in_use().select_related("project").only("name", "title", "project__slug")[:200]
    fitting = [row for row in rows if all(word in fold(row.title) for word in typed)]
    return [
        PaletteAction(
            _("Launch %(workflow)s") % {"workflow": row.title},
            f"{reverse('workflows:launch', args=[row.project.slug])}?specification={row.name}",
            "rocket",
        )
        for row in fitting[:MAX_ACTIONS]
    ]
