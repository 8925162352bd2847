"""The numbers that the outputs of a run name.

They stand in the file that the workflow's author names (`vre: {headline: path}`), else by convention in `results/*.json`, else in another
declared JSON file, else in a table of quantities.
"""

import csv
import json
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from django.db.models import Q

from projects.workflows.launching.hints import BLOCK
from projects.workflows.models import Document, Run, RunFile, RunValue
from projects.workflows.models.label import result_values
from projects.workflows.number_text import number_of, odd_number, signed_odd_number, text_of, whole_text
from vre_portal.text import plain

MAX_BYTES, MAX_LABEL = 64 * 1024, 60
MAX_FILES, MAX_NOTED = 40, 50  # of one run
NAMES, VALUE = ("quantity", "name", "parameter"), "value"
# Of both errors of a number, as programs that scan a likelihood write them.
UPPER = ("error_up", "err_up", "error_upper", "error_high", "error_plus", "errp", "err_plus", "err_hi", "upper_error")
LOWER = ("error_down", "err_down", "error_lower", "error_low", "error_minus", "errm", "errn", "err_minus", "err_lo", "lower_error")
ERRORS = ("error", "err", "uncertainty", "stderr", "std", "hesse")
# Where a JSON output may say which of its numbers count most; else those at its top count, or those of its last part.
PREFERRED = ("headline", "result", "results")
# Where programs put the parameters of a fit beside its other numbers; they come first where they have errors.
FITTED = ("parameters", "params", "fit_parameters", "fitted_parameters", "best_fit", "bestfit")
# Names of numbers and of parts that are about the run, not of what was found: they come last.
_ABOUT_RUN = """
    seed random_seed random_state time timestamp start_time end_time date datetime duration runtime elapsed elapsed_time wall_time cpu_time
    pid version schema_version schemaversion lockfileversion year threads cores n_cores n_threads memory step epoch
"""
ABOUT_RUN = frozenset(_ABOUT_RUN.split())
_ABOUT_RUN_PARTS = "meta metadata info provenance environment system versions software config configuration settings inputs options timing"
ABOUT_RUN_PARTS = frozenset(_ABOUT_RUN_PARTS.split())
_RESULTS = re.compile(r"results/[^/]+$")


@dataclass(frozen=True)
class Quantity:
    """A number of a result with what it is called; `value` and `error` are texts, rounded as `text_of` does.

    With a `lower` error, `error` is the upper one. A fit that failed may have written NaN: then there is no `number`, and `value` says so.
    """

    label: str
    number: float | None
    value: str
    error: str = ""
    unit: str = ""
    lower: str = ""

    @property
    def shown(self) -> str:
        if self.lower:
            return f"{self.value} +{self.error} \N{MINUS SIGN}{self.lower}"
        return f"{self.value} ± {self.error}" if self.error else self.value


def note_results(run: Run) -> None:
    """Write down the headline numbers of a run whose outputs are here, by which lists compare it with others."""
    is_small = Q(path__iendswith=".csv") | Q(path__iendswith=".json")
    files = run.outputs.copied().filter(is_small, is_declared=True, size__lte=MAX_BYTES).order_by("pk")
    found = quantities(files, MAX_NOTED, headline_path(run))
    given = {(_words(name).casefold(), value) for name, value in run.parameters.items() if isinstance(value, int | float)}
    found.sort(key=lambda item: (item.label.casefold(), item.number) in given)  # what was put in comes after what came out
    named = ((f"{item.label} [{item.unit}]" if item.unit else item.label, item.number, item.shown) for item in found)
    RunValue.objects.bulk_create(result_values(run, named), ignore_conflicts=True)  # of an attempt that was interrupted


def headline_path(document: Document) -> str:
    """The output that the author of a workflow says has its headline numbers; empty where none is named."""
    block = document.reana_yaml.content.get(BLOCK)
    path = block.get("headline") if isinstance(block, dict) else None
    return str(PurePosixPath(path)) if isinstance(path, str) and path else ""


def figures_of(run: Run) -> list[RunValue]:
    """The headline numbers that were written down, in the order of the file that names them; those that are parameters come last."""
    return list(run.values.filter(kind=RunValue.Kind.RESULT))


def named_with_unit(name: str) -> tuple[str, str]:
    """The label and the unit of a number as it was written down: `mass [GeV]`."""
    label, _bracket, unit = name.rstrip("]").partition(" [")
    return label, unit


def quantities(outputs: Iterable[RunFile], most: int, headline: str = "") -> list[Quantity]:
    """The first numbers of the first output that names any: of a table of quantities, or of a JSON file."""
    for output in sorted(outputs, key=lambda item: _place(item.path, headline))[:MAX_FILES]:
        try:
            with output.file.open("rb") as file:
                text = file.read(MAX_BYTES).decode("utf-8-sig")
            read = list(_of_json(text) if output.path.lower().endswith(".json") else _of_table(text))
        except (OSError, ValueError, ArithmeticError, csv.Error, RecursionError):
            continue  # an output that cannot be read costs only itself
        if read:
            return read[:most]
    return []


def _place(path: str, headline: str) -> int:
    """The one that the author names stands first, then by convention; each sort in the order of the outputs."""
    is_json = path.lower().endswith(".json")
    return next(number for number, fits in enumerate((path == headline, is_json and _RESULTS.match(path), is_json, True)) if fits)


def _of_table(text: str) -> Iterator[Quantity]:
    """The rows of a table with a column for the name and one for the value; lines that begin with # are comments."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    delimiter = next((mark for mark in "\t;" if lines and mark in lines[0]), ",")
    rows = csv.DictReader(lines, delimiter=delimiter)
    # A column without a name holds what nobody said: pandas writes the numbers of the rows so.
    columns = {key: name for name in rows.fieldnames or () if (key := name.strip().lower())}
    quantity = next((columns[name] for name in NAMES if name in columns), None)
    if quantity is None or VALUE not in columns:
        return
    for row in rows:
        number, *errors = (number_of(row.get(columns[name]), has_decimal_comma=delimiter != ",") for name in (VALUE, *_errors(columns)))
        unit_cell = row.get(columns["unit"]) if "unit" in columns else ""
        label, unit = _label(str(row[quantity] or ""), str(unit_cell or ""))
        if number is None:
            if value := signed_odd_number(row.get(columns[VALUE])):
                yield Quantity(label, None, value, unit=unit)
        else:
            odd = next((word for name in _errors(columns) if (word := odd_number(row.get(columns[name])))), "")
            found = _quantity(label, number, errors, unit)
            yield replace(found, error=odd, lower="") if odd else found


def _of_json(text: str) -> Iterator[Quantity]:
    content = json.loads(text)
    if not isinstance(content, dict):
        return
    # One that is a quantity with its error is none that holds others.
    others = [part for part in reversed(content.values()) if isinstance(part, dict) and VALUE not in part]
    about_run = [part for name, part in content.items() if name.lower() in ABOUT_RUN_PARTS]
    parts = [content.get(name) for name in PREFERRED] + [content, *others]
    read = [(part, found) for part in parts if isinstance(part, dict) and (found := _quantities(part))]
    best = (found for part, found in read if not _is_about_run(found[0]) and not any(part is other for other in about_run))
    yield from next(best, read[0][1] if read else [])


def _quantities(part: dict[str, Any]) -> list[Quantity]:
    """The numbers of a part: first those of a fit in it, last those about the run."""
    fits = [_direct(_by_name(part.get(name))) for name in FITTED]
    fitted = [item for found in fits if any(item.error for item in found) for item in found]
    return sorted([*fitted, *_direct(part)], key=_is_about_run)


def _is_about_run(item: Quantity) -> bool:
    return item.label.lower().replace(" ", "_").replace("-", "_") in ABOUT_RUN


def _by_name(part: object) -> dict[str, Any]:
    """A mapping, or a list of mappings with their names."""
    if isinstance(part, list):
        return {str(item["name"]): item for item in part if isinstance(item, dict) and "name" in item}
    return part if isinstance(part, dict) else {}


def _direct(part: dict[str, Any]) -> list[Quantity]:
    """What of a part is a number, or an object with a value and perhaps an error and a unit."""
    found = []
    for name, item in part.items():
        about = _apart(item) if isinstance(item, dict) else {VALUE: item}
        keys = _errors(about)
        number, *errors = (_json_number(about.get(key)) for key in (VALUE, *keys))
        label, unit = _label(name, str(about.get("unit") or ""))
        if number is None:
            is_number = isinstance(about.get(VALUE), float) or (isinstance(item, dict) and isinstance(about.get(VALUE), str))
            if is_number and (value := signed_odd_number(about[VALUE])):
                found.append(Quantity(label, None, value, unit=unit))
            continue
        quantity = _quantity(label, number, errors, unit)
        if odd := next((word for key in keys if (word := odd_number(about[key]))), ""):
            quantity = replace(quantity, error=odd, lower="")
        elif isinstance(about[VALUE], int) and not quantity.error:
            quantity = replace(quantity, value=whole_text(about[VALUE], quantity.value))
        found.append(quantity)
    return found


def _apart(about: dict[str, Any]) -> dict[str, Any]:
    """With the two numbers of an error such as [-0.2, 0.3], the lower one first, under names of their own."""
    name = _first(about, ERRORS)
    pair = about[name] if name else None
    if not (isinstance(pair, list) and len(pair) == 2):
        return about
    return {**{key: item for key, item in about.items() if key != name}, LOWER[0]: pair[0], UPPER[0]: pair[1]}


def _json_number(value: object) -> float | None:
    return number_of(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _errors(names: Container[str]) -> tuple[str, ...]:
    """The name under which the error stands, or those of the upper and the lower one; none where there is no error."""
    for wanted in ((ERRORS,), (UPPER, LOWER)):
        found = [_first(names, of_one) for of_one in wanted]
        if all(found):
            return tuple(name for name in found if name)
    return ()


def _quantity(label: str, number: float, errors: Sequence[float | None], unit: str) -> Quantity:
    """A number with its error, or with an upper and a lower one; the smaller of two says how many digits count."""
    known = [abs(error) for error in errors if error is not None]
    if len(known) < 2 or known[0] == known[1]:
        return Quantity(label, number, *text_of(number, known[0] if known and len(known) == len(errors) else None), unit)
    value, least = text_of(number, min(known))
    others = text_of(max(known), min(known))[0]
    upper, lower = (others, least) if known[0] > known[1] else (least, others)
    return Quantity(label, number, value, upper, unit, lower)


def _first(names: Container[str], wanted: Iterable[str]) -> str | None:
    return next((name for name in wanted if name in names), None)


def _label(name: str, unit: str) -> tuple[str, str]:
    """The words of a quantity and its unit, which may stand behind it in brackets."""
    label, bracket, inside = name.rstrip().removesuffix("]").rpartition("[")
    if unit or not bracket or "]" in inside or not name.rstrip().endswith("]"):
        label, inside = name, unit
    return _words(label), " ".join(plain(inside).split())[:MAX_LABEL]


def _words(name: str) -> str:
    return " ".join(plain(name).replace("_", " ").split())[:MAX_LABEL]
