"""The headline numbers that results of a project have, as far as somebody sees them, and those by which results of a workflow are compared."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, Exists, ExpressionWrapper, FloatField, OuterRef, QuerySet, Subquery, Value, When

from projects.workflows.lists.query import Order
from projects.workflows.models import BestNumber, RunQuerySet, RunValue

MAX_NAMES = 200
MAX_WORKFLOWS = 50  # for which a number can be chosen on one page


def _numbers(runs: RunQuerySet) -> QuerySet[RunValue]:
    return RunValue.objects.filter(kind=RunValue.Kind.RESULT, number__isnull=False, run__in=runs.order_by().values("pk")).order_by()


def names_in(runs: RunQuerySet) -> QuerySet[Any, Any]:
    """The names of the numbers of these runs, those of most runs first, for a subquery."""
    counted = _numbers(runs).values("name").annotate(runs=Count("pk")).order_by("-runs", "name")
    return counted.values("name")[:MAX_NAMES]


@dataclass(frozen=True)
class WorkflowNumbers:
    """A workflow with the names of the numbers that its results have."""

    specification: int
    name: str
    title: str
    numbers: list[str] = field(default_factory=list)


def by_workflow(runs: RunQuerySet) -> list[WorkflowNumbers]:
    """The workflows of these runs that have numbers, by title; of each the numbers of most runs first."""
    keys = ("run__specification__title", "run__specification", "run__specification__name")
    rows = _numbers(runs).values_list(*keys, "name").annotate(runs=Count("pk")).order_by(*keys, "-runs", "name")
    found: dict[int, WorkflowNumbers] = {}
    for title, pk, workflow, name, _count in rows[: MAX_WORKFLOWS * MAX_NAMES]:
        entry = found.setdefault(pk, WorkflowNumbers(pk, workflow, title))
        if len(entry.numbers) < MAX_NAMES:
            entry.numbers.append(name)
    return list(found.values())[:MAX_WORKFLOWS]


def best_of(runs: RunQuerySet) -> QuerySet[BestNumber]:
    """The numbers that were chosen and that one of these runs of their workflow has, by the workflow's title: others may be for fewer people."""
    own = _numbers(runs).filter(run__specification=OuterRef("specification"), name=OuterRef("name"))
    return BestNumber.objects.filter(Exists(own)).order_by("specification__title", "pk")


def best_order(runs: RunQuerySet, workflow: str = "") -> Order:
    """Best first by the number of a workflow, without a name of the first that has one; runs without that number come last, newest first."""
    best = best_of(runs).filter(specification__name=workflow) if workflow else best_of(runs)
    signed = best.annotate(sign=Case(When(is_larger_better=True, then=Value(-1.0)), default=Value(1.0), output_field=FloatField()))
    own = RunValue.objects.filter(
        run=OuterRef("pk"), kind=RunValue.Kind.RESULT, name=Subquery(best.values("name")[:1]),
        run__specification=Subquery(best.values("specification")[:1]),
    )  # fmt: skip
    return Order(ExpressionWrapper(Subquery(own.values("number")[:1]) * Subquery(signed.values("sign")[:1]), FloatField()))
