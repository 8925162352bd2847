"""The list of projects by theme, stage, experiment, institute and keyword: which fit, and how many have each value."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.db.models import Count, F, Func, Q, Value
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects import stages
from projects.models import Project
from projects.models.project import ProjectQuerySet
from vre_portal.text import storable

TITLES: dict[str, Promise] = {
    "theme": _("Theme"),
    "stage": _("Stage"),
    "experiment": _("Experiment"),
    "institute": _("Institute"),
    "keyword": _("Keyword"),
}
COUNTED = ("theme", "stage", "experiment", "keyword")  # those that the list offers; by institute it can be asked for
LISTED = "listed"  # counts all projects
LISTS = {"theme": "further_themes", "experiment": "experiments", "institute": "institutes", "keyword": "keywords"}
MAX_VALUES = 6
FEWEST_LISTED = 6  # of fewer projects a list is read faster than its facets


@dataclass(frozen=True)
class ProjectFacetValue:
    """A value with the number of projects that have it, and the address that chooses or drops it."""

    text: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class ProjectFacet:
    """A name and its most frequent values."""

    title: str
    values: tuple[ProjectFacetValue, ...]


def chosen_of(request: HttpRequest) -> dict[str, str]:
    """What the address chooses, by the names of the facets."""
    given = {name: storable(request.GET.get(name, "")).strip()[:200] for name in TITLES}
    return {name: value for name, value in given.items() if value}


def narrowed(projects: ProjectQuerySet, chosen: dict[str, str]) -> ProjectQuerySet:
    """Those projects that have every chosen value."""
    for name, value in chosen.items():
        fits = Q(**{f"{LISTS[name]}__contains": [value]}) if name in LISTS else Q()
        projects = projects.filter(fits | Q(theme=value) if name == "theme" else fits if name in LISTS else Q(stage=value))
    return projects


def address(chosen: dict[str, str], **changes: str) -> str:
    """The list with other choices; empty ones are left out."""
    return "?" + urlencode({name: value for name, value in {**chosen, **changes}.items() if value})


def facets(projects: ProjectQuerySet, chosen: dict[str, str], query: str) -> list[ProjectFacet]:
    """Each facet of these projects, by one question to the database: values that tell projects apart, the most frequent ones.

    A value that is chosen is always among them, to be dropped.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in (*COUNTED, LISTED)}
    for name, value, count in _counted(projects):
        counts[name][str(value)] += count
    listed, found = counts[LISTED].total(), []
    for name in COUNTED:
        telling = [item for item in counts[name].items() if item[0] == chosen.get(name) or (1 < item[1] < listed >= FEWEST_LISTED)]
        values = sorted(telling, key=lambda item: (item[0] != chosen.get(name), -item[1], item[0].casefold()))[:MAX_VALUES]
        kept = {**chosen, **({"q": query} if query else {})}
        found.append(ProjectFacet(str(TITLES[name]), tuple(_value(name, value, count, kept) for value, count in values)))
    return found


def _value(name: str, value: str, count: int, chosen: dict[str, str]) -> ProjectFacetValue:
    is_chosen = chosen.get(name) == value
    text = stages.label(value) if name == "stage" else value
    return ProjectFacetValue(text, count, address(chosen, **{name: "" if is_chosen else value}), is_chosen)


def _counted(projects: ProjectQuerySet) -> list[tuple[str, str, int]]:
    """Facet, value and how many projects have it; the main theme and the further ones apart. And how many projects there are."""
    rows = Project.objects.filter(pk__in=projects.order_by().values("pk")).order_by()

    def each(name: str, value: models.Expression | F) -> models.QuerySet[Project, Any]:
        return rows.annotate(facet=Value(name), value=value).values_list("facet", "value").annotate(count=Count("pk", distinct=True))

    def items_of(column: str) -> Func:
        return Func(F(column), function="jsonb_array_elements_text", output_field=models.TextField())

    lists = [each(name, items_of(LISTS[name])) for name in ("theme", "experiment", "keyword")]
    counted = (
        each("theme", F("theme")).union(each("stage", F("stage")), *lists, each(LISTED, Value(LISTED)), all=True).order_by()
    )  # the rows have no title to be ordered by
    return [(name, value, count) for name, value, count in counted if value]
