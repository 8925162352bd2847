"""Parameters and results as columns of a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Min, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from projects.workflows.lists.forms import MAX_COLUMNS
from projects.workflows.lists.query import KINDS, Column, column_of
from projects.workflows.models import Run, RunValue
from projects.workflows.models.label import tell_apart

MAX_USUAL = 2  # results that are shown where nobody chose columns
MAX_OFFERED = 200
PREFIX = {kind: letter for letter, kind in KINDS.items()}


@dataclass(frozen=True)
class Columns:
    """The columns of a page: those that can be chosen, those that are shown, and for each run its cells."""

    offered: list[Column]
    shown: list[Column]
    cells: dict[int, list[RunValue | None]]
    are_chosen: bool  # by the address; else the usual ones are shown

    @property
    def by_kind(self) -> list[tuple[str, list[Column]]]:
        """Those that can be chosen under their headings, without empty ones."""
        kinds = ((_("Results on this page"), RunValue.Kind.RESULT), (_("Parameters on this page"), RunValue.Kind.PARAMETER))
        found = [(title, [column for column in self.offered if column.kind == kind]) for title, kind in kinds]
        return [(title, members) for title, members in found if members]

    @property
    def heads(self) -> list[tuple[Column, bool]]:
        """Those that are shown, each with whether runs can be ordered by it: texts have no order here."""
        values = [[row for row in column if row] for column in zip(*self.cells.values(), strict=True)] or [[] for _ in self.shown]
        return [(column, not rows or any(row.number is not None for row in rows)) for column, rows in zip(self.shown, values, strict=True)]


def columns_of(request: HttpRequest, runs: Sequence[Run]) -> Columns:
    """The values of the runs of a page, as far as they are shown, by two questions; without a choice the first results are shown."""
    values = RunValue.objects.filter(run__in=[run.pk for run in runs])
    # Results first: runs may have more parameters than are offered.
    names = values.order_by().values_list("kind", "name").annotate(first=Min("pk")).order_by("-kind", "first")[:MAX_OFFERED]
    offered = {column.key: column for column in (_column(kind, name) for kind, name, _first in names)}
    chosen = [column for key in dict.fromkeys(request.GET.getlist("column")) if (column := column_of(key))]
    usual = [column for column in offered.values() if column.kind == RunValue.Kind.RESULT][:MAX_USUAL]
    are_chosen = bool(chosen) or "columns" in request.GET
    shown = chosen[:MAX_COLUMNS] if are_chosen else usual
    for column in shown:
        offered.setdefault(column.key, column)
    in_order = sorted(offered.values(), key=lambda item: (item.kind != RunValue.Kind.RESULT, item.name.casefold()))
    found: dict[int, dict[str, RunValue]] = {}
    wanted = Q(*(Q(kind=column.kind, name=column.name) for column in shown), _connector=Q.OR)
    for row in values.filter(wanted) if shown else ():
        found.setdefault(row.run_id, {})[_column(row.kind, row.name).key] = row
    cells = {run.pk: [found.get(run.pk, {}).get(column.key) for column in shown] for run in runs}
    for of_column in zip(*cells.values(), strict=True):
        tell_apart(cell for cell in of_column if cell)
    return Columns(in_order, shown, cells, are_chosen)


def _column(kind: str, name: str) -> Column:
    return Column(f"{PREFIX[RunValue.Kind(kind)]}:{name}", kind, name)
