"""CSV, TSV and ECSV: the first lines as a table, numbers of the first two columns as a plot."""

import csv
import io

import numpy as np
from astropy.table import Table

from datalake.preview_child import plot
from datalake.preview_child.limits import COLUMNS, ROWS, NoPreview, Section, shown
from datalake.preview_child.source import Source
from datalake.preview_child.text import decoded

MOST_ROWS = 15


def read(source: Source) -> list[Section]:
    """ECSV by its header, everything else by its look."""
    text, truncated = decoded(source.content), source.truncated
    if truncated:
        text = text[: text.rfind("\n") + 1]
    return [ecsv(text, truncated) if text.startswith("# %ECSV") else separated(text, truncated)]


def ecsv(text: str, truncated: bool) -> Section:
    """Columns with their units, and what the header says of the whole."""
    table = Table.read(io.StringIO(text).read().splitlines(), format="ascii.ecsv")
    result = Section(title="Table", kind="table", facts=counts(len(table), len(table.colnames), truncated))
    result.facts += [(shown(key), shown(value)) for key, value in list(table.meta.items())[:ROWS]]
    names = table.colnames[:COLUMNS]
    result.columns = [shown(name) for name in names]
    result.units = [str(table[name].unit or "") for name in names]
    result.rows = [[number(line[name]) for name in names] for line in table[:MOST_ROWS]]
    numbers = [name for name in table.colnames if table[name].ndim == 1 and table[name].dtype.kind in "iuf"][:2]
    if len(numbers) == 2 and len(table) > 2:
        values = [np.ma.filled(np.ma.asarray(table[name]).astype(float), np.nan) for name in numbers]
        labels = [f"{name} [{table[name].unit}]" if table[name].unit else name for name in numbers]
        result.image, result.alt = plot.curve(values[0], values[1], labels[0], labels[1])
    return result


def separated(text: str, truncated: bool) -> Section:
    """Comma, semicolon, tab: whichever the first lines use most evenly."""
    csv.field_size_limit(1_000_000)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise NoPreview("It has no rows.")
    mark = max(",;\t", key=lambda char: min(line.count(char) for line in lines[:5]))
    rows = [[shown(value) for value in row[:COLUMNS]] for row in csv.reader(lines[: MOST_ROWS + 1], delimiter=mark)]
    width = max(len(row) for row in rows)
    facts = counts(len(lines) - 1, len(next(csv.reader(lines[:1], delimiter=mark))), truncated)
    return Section(title="Table", kind="table", facts=facts, columns=rows[0], rows=[row + [""] * (width - len(row)) for row in rows[1:]])


def number(value: object) -> str:
    """A cell; numbers to six digits, as a person reads them."""
    return f"{value:.6g}" if isinstance(value, float | np.floating) else shown(value)


def counts(rows: int, columns: int, truncated: bool) -> list[tuple[str, str]]:
    return [("rows", f"more than {rows:,}" if truncated else f"{rows:,}"), ("columns", f"{columns:,}")]
