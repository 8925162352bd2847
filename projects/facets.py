"""What lists of projects can be narrowed by: theme, experiment, and the stage of the analysis where projects have one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.models.project import ProjectQuerySet

MAX_VALUES = 12


def has_stages() -> bool:
    """Whether projects say at which stage they are."""
    return hasattr(Project, "stage")


FACETS: dict[str, str | Promise] = {"theme": _("Theme"), "experiment": _("Experiment"), **({"stage": _("Stage")} if has_stages() else {})}


@dataclass(frozen=True)
class FacetValue:
    """A value of a facet, how many projects have it, and the list of these."""

    value: str
    count: int
    url: str


def chosen_facets(parameters: Mapping[str, str]) -> dict[str, str]:
    """The facets that an address chooses; PostgreSQL has no NUL."""
    chosen = {name: parameters.get(name, "").strip().replace("\0", "")[:200] for name in FACETS}
    return {name: value for name, value in chosen.items() if value}


def narrowed(projects: ProjectQuerySet, chosen: Mapping[str, str]) -> ProjectQuerySet:
    """Those that have every chosen value."""
    for name, value in chosen.items():
        projects = projects.filter(experiments__contains=[value]) if name == "experiment" else projects.filter(**{name: value})
    return projects


def projects_of_stage(projects: ProjectQuerySet, stage: str) -> ProjectQuerySet:
    """Those at a stage; where projects have none, those that speak of it."""
    return narrowed(projects, {"stage": stage}) if has_stages() else projects.matching(stage)


def facet_values(projects: ProjectQuerySet) -> list[tuple[str, list[FacetValue]]]:
    """Each facet with its most frequent values: name and values."""
    columns = ["experiments" if name == "experiment" else name for name in FACETS]
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for row in projects.order_by().values_list(*columns):
        for name, value in zip(FACETS, row, strict=True):
            counts[name].update(set(_texts(value)))
    return [
        (name, [_value(name, *pair) for pair in sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_VALUES]])
        for name, values in counts.items()
    ]


def _texts(value: object) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item]


def _value(name: str, value: str, count: int) -> FacetValue:
    return FacetValue(value, count, f"{reverse('projects:index')}?{urlencode({name: value})}")
