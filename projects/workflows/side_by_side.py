"""Runs of one project side by side: numbers, durations, parameters, inputs and pictures, each as a row with a cell for each run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, override

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from projects.workflows.comparing import Comparison
from projects.workflows.models import BestNumber, RunFile, RunValue, is_picture_path
from projects.workflows.models.label import exported_result, tell_apart
from projects.workflows.steps import graph

MAX_PICTURES = 24


@dataclass(frozen=True)
class NumberRow:
    """One headline number of each run, where it has it; the best are marked where somebody chose which is better."""

    name: str
    cells: list[RunValue | None]
    best: frozenset[int] = frozenset()  # the keys of the values
    direction: str = ""


@dataclass(frozen=True)
class DurationRow:
    """How long each run, or one step of it, took; in seconds."""

    name: str
    cells: list[float | None]


@dataclass(frozen=True)
class PictureRow:
    """The pictures of one name; empty where a run has none of it."""

    name: str
    cells: list[RunFile | None]


class SideBySide(Comparison):
    """All that a page of several runs shows; the parts that differ are those of a comparison."""

    @cached_property
    def numbers(self) -> list[NumberRow]:
        """Those by which results are compared come first, then as the runs name them."""
        by_run = [{value.name: value for value in run.values.all() if value.kind == RunValue.Kind.RESULT} for run in self.runs]
        chosen = list(BestNumber.objects.filter(specification__in={run.specification_id for run in self.runs}))
        names = dict.fromkeys([*(best.name for best in chosen), *(name for values in by_run for name in values)])
        rows = []
        for name in names:
            cells = [values.get(name) for values in by_run]
            found = [cell for cell in cells if cell]
            tell_apart(found)
            if found:
                rows.append(NumberRow(name, cells, *self._best(cells, [best for best in chosen if best.name == name])))
        return rows

    def _best(self, cells: Sequence[RunValue | None], chosen: Sequence[BestNumber]) -> tuple[frozenset[int], str]:
        """The best values among those of each workflow that is compared by this number, and which these are."""
        found: set[int] = set()
        for best in chosen:
            pairs = zip(self.runs, cells, strict=True)
            values = [cell for run, cell in pairs if cell and cell.number is not None and run.specification_id == best.specification_id]
            if len(values) > 1:
                pick = max if best.is_larger_better else min
                top = pick(cell.number for cell in values if cell.number is not None)
                found |= {cell.pk for cell in values if cell.number == top}
        directions = {best.is_larger_better for best in chosen}
        words = {True: _("highest is best"), False: _("lowest is best")}
        return frozenset(found), words[directions.pop()] if len(directions) == 1 else ""

    @cached_property
    def durations(self) -> list[DurationRow]:
        """Of the runs, then of their steps by name."""
        by_run = [_seconds((step.name, step.seconds) for step in graph(run)) for run in self.runs]
        names = dict.fromkeys(name for steps in by_run for name in steps)
        rows = [DurationRow(name, [steps.get(name) for steps in by_run]) for name in names]
        return [DurationRow("", [run.seconds for run in self.runs]), *(row for row in rows if any(cell is not None for cell in row.cells))]

    @cached_property
    def all_pictures(self) -> list[PictureRow]:
        """Those whose name several runs have, by one question."""
        by_path: dict[str, dict[int, RunFile]] = {}
        runs = {run.pk: run for run in self.runs}
        for file in RunFile.objects.copied().filter(is_picture_path(), run__in=runs, is_declared=True).order_by("pk"):
            file.run = runs[file.run_id]
            by_path.setdefault(file.path, {})[file.run_id] = file
        several = [files for files in by_path.values() if len(files) > 1]
        return [PictureRow(next(iter(files.values())).label, [files.get(run.pk) for run in self.runs]) for files in several]

    @property
    def pictures(self) -> list[PictureRow]:
        return self.all_pictures[:MAX_PICTURES]

    @property
    @override
    def left_out(self) -> int:
        """How many rows the page does not show; the exports have all but the pictures."""
        parts = (self.numbers, self.durations, self.same_parameters, self.same_inputs)
        return super().left_out + self.beyond(parts) + len(self.all_pictures) - len(self.pictures)

    @property
    def width(self) -> int:
        return len(self.runs) + 1

    def rows(self) -> Iterator[dict[str, Any]]:
        """As rows of a table for the exports: numbers and values of parameters as they are."""
        for number in self.numbers:
            yield from self._numbers(number)
        for duration in self.durations:
            yield self._row("seconds of a step" if duration.name else "seconds", duration.name or "whole run", duration.cells)
        parts = {"parameter": [*self.parameters, *self.same_parameters], "setting": self.steps, "input": [*self.inputs, *self.same_inputs]}
        for part, items in parts.items():
            for item in items:
                yield self._row(part, item.name, item.whole or item.texts)
        for part, single in {"workflow version": self.version, "server": self.server}.items():
            if single:
                yield self._row(part, "", single.texts)

    def _numbers(self, number: NumberRow) -> Iterator[dict[str, Any]]:
        columns = [exported_result("", cell.number, cell.text) if cell else {} for cell in number.cells]
        yield self._row("result", number.name, [next(iter(column.values()), None) for column in columns])
        if any(len(column) > 1 for column in columns):  # with an error
            yield self._row("result (text)", number.name, [cell and cell.text for cell in number.cells])

    def _row(self, part: str, name: str, cells: Sequence[Any]) -> dict[str, Any]:
        return {"part": part, "name": name, **{f"run {run.number}": cell for run, cell in zip(self.runs, cells, strict=True)}}


def _seconds(steps: Iterable[tuple[str, float | None]]) -> dict[str, float | None]:
    """By name; the second step of a name is told apart, as "fit (2)"."""
    seen: Counter[str] = Counter()
    found = {}
    for name, seconds in steps:
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name} ({seen[name]})"] = seconds
    return found
