"""The headline numbers that results of a project have, as far as somebody sees them, and the one that says which result is best."""

from django.db.models import Count

from projects.models import Project
from projects.workflows.models import BestNumber, RunQuerySet, RunValue

MAX_NAMES = 200


def names_of(runs: RunQuerySet) -> list[str]:
    """The names of the numbers of these runs, those of most runs first."""
    numbers = RunValue.objects.filter(kind=RunValue.Kind.RESULT, number__isnull=False, run__in=runs.order_by().values("pk"))
    counted = numbers.order_by().values("name").annotate(runs=Count("pk")).order_by("-runs", "name")
    return list(counted.values_list("name", flat=True)[:MAX_NAMES])


def best_of(project: Project, names: list[str]) -> BestNumber | None:
    """The number that the editors chose, where it is one of these: the name of another may be for fewer people."""
    return BestNumber.objects.filter(project=project, name__in=names).first() if names else None
