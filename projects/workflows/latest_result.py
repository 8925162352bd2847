"""The newest published run of a project as its latest result: the first plot, and the numbers that its outputs name."""

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils.translation import gettext as _

from projects.latest_result import Figure, LatestResult
from projects.models import Project
from projects.workflows.models import Run, RunFile
from vre_portal.iam.models import User
from vre_portal.text import plain

MAX_FILES, MAX_BYTES, MAX_FIGURES, MAX_LABEL = 40, 64 * 1024, 4, 60
LARGE = ("code", "text", "steps", "files", "specification__code")  # columns that are not shown
QUANTITY, VALUE = ("quantity", "name", "parameter"), "value"
# Where a JSON output may say which of its numbers count most; else those at its top count, or those of its last part.
PREFERRED = ("headline", "result", "results")
_LABEL = re.compile(r"(?P<label>.*?)\s*\[(?P<unit>[^\[\]]*)\]\s*")


def latest_result(reader: User | AnonymousUser, project: Project) -> LatestResult | None:
    """The newest finished run with something to show that everybody who sees the project sees; the reader, who sees it, does not matter."""
    runs = Run.objects.filter(project=project, status=Run.Status.FINISHED).shown_to_all()
    files = RunFile.objects.copied().filter(
        Q(path__iendswith=".png") | Q(path__iendswith=".csv", size__lte=MAX_BYTES) | Q(path__iendswith=".json", size__lte=MAX_BYTES),
        run__in=runs,
        is_declared=True,
    )
    newest = files.select_related("run__specification").defer(*(f"run__{name}" for name in LARGE)).order_by("-run__number", "pk")
    outputs = list(newest[:MAX_FILES])
    if not outputs:
        return None
    run = outputs[0].run
    outputs = [item for item in outputs if item.run_id == run.pk]
    for item in outputs:
        item.run = run
    run.project = project
    picture = next((item for item in outputs if item.is_picture), None)
    return LatestResult(
        title=_("Run %(number)s: %(title)s") % {"number": run.number, "title": run.specification.title},
        url=run.get_absolute_url(),
        at=run.finished_at or run.created_at,
        picture_url=picture.get_absolute_url() if picture else "",
        picture_description=_("%(file)s of run %(number)s") % {"file": picture.label, "number": run.number} if picture else "",
        figures=tuple(figures(item for item in outputs if not item.is_picture)),
    )


def figures(outputs: Iterable[RunFile]) -> list[Figure]:
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
            return read[:MAX_FIGURES]
    return []


def _of_table(text: str) -> Iterator[Figure]:
    rows = csv.DictReader(text.splitlines())
    columns = {str(name).strip().lower(): name for name in rows.fieldnames or ()}
    quantity = next((columns[name] for name in QUANTITY if name in columns), None)
    if quantity is None or VALUE not in columns:
        return
    for row in rows:
        value, error = _number(row.get(columns[VALUE])), _number(row.get(columns.get("error", "")))
        if value:
            label, unit = _label(str(row[quantity] or ""), str(row.get(columns.get("unit", "")) or ""))
            yield Figure(label, f"{value} ± {error}" if error else value, unit)


def _of_json(text: str) -> Iterator[Figure]:
    content = json.loads(text)
    if not isinstance(content, dict):
        return
    parts = [content.get(name) for name in PREFERRED] + [content, *reversed(content.values())]
    numbers = next((found for part in parts if isinstance(part, dict) and (found := _numbers(part))), {})
    for name, shown in numbers.items():
        label, unit = _label(name, "")
        yield Figure(label, shown, unit)


def _numbers(part: dict[str, Any]) -> dict[str, str]:
    """What of a part is a number."""
    values = ((name, value) for name, value in part.items() if isinstance(value, int | float) and not isinstance(value, bool))
    return {name: shown for name, value in values if (shown := _number(value))}


def _number(value: object) -> str:
    """The number with four figures; empty where it is none."""
    try:
        number = float(str(value))
    except ValueError:
        return ""
    return f"{number:.4g}".replace("e+0", "e").replace("e-0", "e-") if math.isfinite(number) else ""


def _label(name: str, unit: str) -> tuple[str, str]:
    """The words of a quantity and its unit, which may stand behind it in brackets."""
    match = _LABEL.fullmatch(name)
    label, unit = (match["label"], match["unit"]) if match and not unit else (name, unit)
    return " ".join(plain(label).replace("_", " ").split())[:MAX_LABEL], " ".join(plain(unit).split())[:MAX_LABEL]
