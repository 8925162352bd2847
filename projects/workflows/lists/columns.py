"""Parameters and results as columns of a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from projects.workflows.lists.forms import MAX_COLUMNS
from projects.workflows.lists.query import KINDS, Column, column_of
from projects.workflows.models import Run, RunValue

MAX_USUAL = 2  # results that are shown where nobody chose columns
MAX_OFFERED = 200
PREFIX = {kind: letter for letter, kind in KINDS.items()}


@dataclass(frozen=True)
class Columns:
    """The columns of a page: those that can be chosen, those that are shown, and for each run its cells."""

    offered: list[Column]
    shown: list[Column]
    cells: dict[int, list[RunValue | None]]


def columns_of(request: HttpRequest, runs: Sequence[Run]) -> Columns:
    """The values of the runs of a page, by one question; without a choice the first results are shown."""
    found: dict[int, dict[str, RunValue]] = {}
    offered: dict[str, Column] = {}
    for row in RunValue.objects.filter(run__in=[run.pk for run in runs]):
        key = f"{PREFIX[RunValue.Kind(row.kind)]}:{row.name}"
        found.setdefault(row.run_id, {})[key] = row
        if len(offered) < MAX_OFFERED:
            offered.setdefault(key, Column(key, row.kind, row.name))
    chosen = [column for key in dict.fromkeys(request.GET.getlist("column")) if (column := column_of(key))]
    usual = [column for column in offered.values() if column.kind == RunValue.Kind.RESULT][:MAX_USUAL]
    shown = chosen[:MAX_COLUMNS] if "columns" in request.GET or chosen else usual
    for column in shown:
        offered.setdefault(column.key, column)
    in_order = sorted(offered.values(), key=lambda item: (item.kind != RunValue.Kind.RESULT, item.name.casefold()))
    cells = {run.pk: [found.get(run.pk, {}).get(column.key) for column in shown] for run in runs}
    return Columns(in_order, shown, cells)
