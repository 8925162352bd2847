"""ECSV: a table with types and units; the first rows, and the first two numbers as a plot."""

from typing import Any

import numpy as np
from astropy.table import Table
from django.utils.translation import gettext as _

from datalake.files.preview_child import plot, yaml_header
from datalake.files.preview_child.limits import COLUMNS, ROWS, Section, cut, shown
from datalake.files.preview_child.source import Source
from datalake.files.preview_child.text import decoded
from datalake.files.preview_child.values import text_of

MAX_ROWS = 15


def read(source: Source) -> list[Section]:
    """The first rows; of a file that is cut, up to its last whole line."""
    text = decoded(source).text.replace("\r\n", "\n")
    return [section(text if not source.truncated else text[: text.rfind("\n") + 1], source.truncated)]


def section(text: str, truncated: bool) -> Section:
    """Columns with their units, and what the header says of the whole."""
    lines = text.split("\n")
    yaml_header.check(lines)
    table = Table.read(lines, format="ascii.ecsv")
    result = Section(title="", kind="table", facts=counts(len(table), len(table.colnames), truncated))
    result.facts += [(shown(key), text_of(value)) for key, value in list(table.meta.items())[:ROWS]]
    names = table.colnames[:COLUMNS]
    result.columns = [shown(name) for name in names]
    result.name_units([str(getattr(table[name], "unit", None) or "") for name in names])
    result.rows = [[text_of(line[name]) for name in names] for line in table[:MAX_ROWS]]
    result.say(cut(_("Columns shown"), COLUMNS, len(table.colnames)), more_rows(len(table), truncated))
    numbers = [name for name in table.colnames if is_number(table[name])][:2]
    if len(numbers) == 2 and len(table) > 2:
        values = [np.ma.filled(np.ma.asarray(table[name]).astype(float), np.nan) for name in numbers]
        labels = [f"{name} [{table[name].unit}]" if table[name].unit else name for name in numbers]
        result.image, result.alt = plot.curve(values[0], values[1], labels[0], labels[1])
    return result


def is_number(column: Any) -> bool:
    return getattr(column, "ndim", 0) == 1 and getattr(getattr(column, "dtype", None), "kind", "") in tuple("iuf")


def more_rows(count: int, truncated: bool) -> str:
    return cut(_("Rows shown"), MAX_ROWS, count, at_least=truncated)


def counts(rows: int, columns: int, truncated: bool) -> list[tuple[str, str]]:
    count = _("at least %(n)s") % {"n": f"{rows:,}"} if truncated else f"{rows:,}"
    return [(_("rows"), count), (_("columns"), f"{columns:,}")]
