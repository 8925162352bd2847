"""How many runs of a list are of each workflow, and of each person: each leads to the list of these alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext as _

from projects.workflows.models import Run, RunQuerySet
from vre_portal.iam.models import User

MAX_COUNTED = 20_000  # runs, the newest
MAX_VALUES = 8


@dataclass(frozen=True)
class RunFacetValue:
    """A workflow or a person with the number of runs, and the address that chooses or drops it."""

    text: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class RunFacet:
    """A name and its most frequent values."""

    title: str
    values: list[RunFacetValue]


def facets(request: HttpRequest, runs: RunQuerySet, chosen: Mapping[str, Any], *, is_everywhere: bool) -> list[RunFacet]:
    """How many of these runs are of each workflow and person, by two questions; each counts what the other one leaves."""
    newest = runs.order_by("-pk").values("pk")[:MAX_COUNTED]
    kinds = Run.objects.filter(pk__in=newest).order_by().values_list("specification", "specification__title", "project__title", "by")
    workflows, people, titles = Counter[int](), Counter[int](), dict[int, str]()
    for workflow, title, project, person, count in kinds.annotate(count=Count("pk")):
        titles[workflow] = f"{title}, {project}" if is_everywhere else title
        if chosen.get("by") in (None, person):
            workflows[workflow] += count
        if chosen.get("of") in (None, workflow):
            people[person] += count
    names = {person.pk: str(person) for person in User.objects.filter(pk__in=[pk for pk, _count in _first(people, chosen.get("by"))])}
    return [
        RunFacet(title, [_value(request, key, pk, texts.get(pk, ""), count, chosen) for pk, count in _first(counts, chosen.get(key))])
        for title, key, counts, texts in ((_("By workflow"), "of", workflows, titles), (_("By person"), "by", people, names))
        if counts
    ]


def _first(counts: Counter[int], chosen: int | None) -> list[tuple[int, int]]:
    """The most frequent ones; the chosen one is always among them, to be dropped."""
    return sorted(counts.items(), key=lambda item: (item[0] != chosen, -item[1], item[0]))[:MAX_VALUES]


def _value(request: HttpRequest, key: str, pk: int, text: str, count: int, chosen: Mapping[str, Any]) -> RunFacetValue:
    query, is_chosen = request.GET.copy(), chosen.get(key) == pk
    for name in (key, "after", "format", "seen"):
        query.pop(name, None)
    if not is_chosen:
        query[key] = str(pk)
    return RunFacetValue(text, count, f"?{query.urlencode()}", is_chosen)
