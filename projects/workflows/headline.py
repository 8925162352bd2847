"""The numbers that the outputs of a run name: of a table of quantities, or of a JSON file, by convention `results/*.json`."""

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from projects.workflows.models import Run, RunFile, RunValue
from projects.workflows.models.label import result_values
from vre_portal.text import plain

MAX_BYTES, MAX_LABEL = 64 * 1024, 60
MAX_FILES, MAX_NOTED = 40, 50  # of one run
QUANTITY, VALUE = ("quantity", "name", "parameter"), "value"
# Where a JSON output may say which of its numbers count most; else those at its top count, or those of its last part.
PREFERRED = ("headline", "result", "results")
_LABEL = re.compile(r"(?P<label>.*?)\s*\[(?P<unit>[^\[\]]*)\]\s*")


@dataclass(frozen=True)
class Quantity:
    """A number of a result with what it is called; `value` and `error` have four figures."""

    label: str
    number: float
    value: str
    error: str = ""
    unit: str = ""

    @property
    def shown(self) -> str:
        return f"{self.value} ± {self.error}" if self.error else self.value


def note_results(run: Run) -> None:
    """Write down the headline numbers of a run whose outputs are here, by which lists compare it with others."""
    is_small = Q(path__iendswith=".csv") | Q(path__iendswith=".json")
    files = run.outputs.copied().filter(is_small, is_declared=True, size__lte=MAX_BYTES).order_by("pk")
    found = quantities(files[:MAX_FILES], MAX_NOTED)
    named = ((f"{item.label} [{item.unit}]" if item.unit else item.label, item.number, item.shown) for item in found)
    RunValue.objects.bulk_create(result_values(run, named), ignore_conflicts=True)  # of an attempt that was interrupted


def quantities(outputs: Iterable[RunFile], most: int) -> list[Quantity]:
    """The first numbers of the first output that names any: of a table of quantities, or of a JSON file."""
    ordered = sorted(outputs, key=lambda item: item.path.lower().endswith(".json"))  # tables first: they have units and errors
    for output in ordered:
        try:
            with output.file.open("rb") as file:
                text = file.read(MAX_BYTES).decode()
            read = list(_of_json(text) if output.path.lower().endswith(".json") else _of_table(text))
        except (OSError, ValueError, csv.Error, RecursionError):
            continue  # an output that cannot be read costs only itself
        if read:
            return read[:most]
    return []


def _of_table(text: str) -> Iterator[Quantity]:
    rows = csv.DictReader(text.splitlines())
    columns = {str(name).strip().lower(): name for name in rows.fieldnames or ()}
    quantity = next((columns[name] for name in QUANTITY if name in columns), None)
    if quantity is None or VALUE not in columns:
        return
    for row in rows:
        number = _number(row.get(columns[VALUE]))
        if number is not None:
            error = _number(row.get(columns.get("error", "")))
            label, unit = _label(str(row[quantity] or ""), str(row.get(columns.get("unit", "")) or ""))
            yield Quantity(label, number, _shown(number), "" if error is None else _shown(error), unit)


def _of_json(text: str) -> Iterator[Quantity]:
    content = json.loads(text)
    if not isinstance(content, dict):
        return
    parts = [content.get(name) for name in PREFERRED] + [content, *reversed(content.values())]
    numbers = next((found for part in parts if isinstance(part, dict) and (found := _numbers(part))), {})
    for name, number in numbers.items():
        label, unit = _label(name, "")
        yield Quantity(label, number, _shown(number), unit=unit)


def _numbers(part: dict[str, Any]) -> dict[str, float]:
    """What of a part is a number."""
    values = ((name, value) for name, value in part.items() if isinstance(value, int | float) and not isinstance(value, bool))
    return {name: number for name, value in values if (number := _number(value)) is not None}


def _number(value: object) -> float | None:
    """The number; None where it is none, or not a finite one."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _shown(number: float) -> str:
    """The number with four figures."""
    return f"{number:.4g}".replace("e+0", "e").replace("e-0", "e-")


def _label(name: str, unit: str) -> tuple[str, str]:
    """The words of a quantity and its unit, which may stand behind it in brackets."""
    match = _LABEL.fullmatch(name)
    label, unit = (match["label"], match["unit"]) if match and not unit else (name, unit)
    return " ".join(plain(label).replace("_", " ").split())[:MAX_LABEL], " ".join(plain(unit).split())[:MAX_LABEL]
