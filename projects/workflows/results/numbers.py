"""The headline numbers that results of a project have, as far as somebody sees them, and the one that says which result is best."""

from typing import Any

from django.db.models import Case, Count, Exists, ExpressionWrapper, FloatField, OuterRef, QuerySet, Subquery, Value, When

from projects.models import Project
from projects.workflows.lists.query import Order
from projects.workflows.models import BestNumber, RunQuerySet, RunValue

MAX_NAMES = 200


def names_in(runs: RunQuerySet) -> QuerySet[Any, Any]:
    """The names of the numbers of these runs, those of most runs first: also for a subquery."""
    numbers = RunValue.objects.filter(kind=RunValue.Kind.RESULT, number__isnull=False, run__in=runs.order_by().values("pk"))
    counted = numbers.order_by().values("name").annotate(runs=Count("pk")).order_by("-runs", "name")
    return counted.values("name")[:MAX_NAMES]


def names_of(runs: RunQuerySet) -> list[str]:
    """The names of the numbers of these runs."""
    return [row["name"] for row in names_in(runs)]


def best_order(project: Project) -> Order:
    """Best first by the number that the editors chose; without a number, or where the reader sees none of them, newest first."""
    best = BestNumber.objects.filter(project=project)
    own = RunValue.objects.filter(run=OuterRef("pk"), kind=RunValue.Kind.RESULT, name=Subquery(best.values("name")[:1]))
    sign = Case(When(Exists(best.filter(is_larger_better=True)), then=Value(-1.0)), default=Value(1.0), output_field=FloatField())
    return Order(ExpressionWrapper(Subquery(own.values("number")[:1]) * sign, FloatField()))
