"""The plot that suits a FITS table: arrays and steps over the axes that the table itself carries, or one column over another."""

from math import prod
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from datalake.files.preview_child import plot, redistribution
from datalake.files.preview_child.axes import Axis, axes_of, bounds, per_row
from datalake.files.preview_child.columns import column

POINTS = 20_000
MIN_ARRAY_VALUES = 8  # values of an array in each row that are no plot
NO_VALUES = frozenset({"CHANNEL", "N_GRP"})  # they count something else
Drawn = tuple[str, str, str]  # the picture, its description, and what has to be said about it
NOTHING: Drawn = "", "", ""


def drawn(hdu: Any) -> Drawn:
    """A response function over its axes, else a curve; empty where none suits."""
    columns = hdu.columns
    if matrix := redistribution.plane_of(hdu):
        return matrix
    limits = {name for pair in bounds(columns.names) for name in pair}
    arrays = [item.name for item in columns if item.name not in limits and is_array(hdu, item.name)]
    if arrays:
        return array(hdu, arrays)
    numbers = [name for name in columns.names if is_number(hdu, name)]
    values = next((name for name in numbers if name not in limits and name not in NO_VALUES), "")
    if values and (pair := per_row(hdu, numbers)):
        return steps(hdu, pair, values)
    if len(numbers) < 2 or len(hdu.data) < 3:
        return NOTHING
    first, second = (np.ma.filled(np.ma.asarray(column(hdu, name, POINTS)).astype(float), np.nan) for name in numbers[:2])
    picture, alt = plot.curve(first, second, titled(hdu, numbers[0]), titled(hdu, numbers[1]))
    return picture, alt, _("Plotted: the first %(n)s rows.") % {"n": f"{POINTS:,}"} if len(hdu.data) > POINTS else ""


def is_array(hdu: Any, name: str) -> bool:
    """Whether each row holds numbers that make a plot."""
    stored = hdu.data.dtype[name]
    kind = stored.subdtype[0].kind if stored.subdtype else ""
    varies = hdu.columns[name].format.format in "PQX"  # kept in a heap, or flags
    return kind in "iuf" and not varies and prod(stored.shape) > (MIN_ARRAY_VALUES if len(hdu.data) > 1 else 1)


def is_number(hdu: Any, name: str) -> bool:
    values = hdu.data[name]
    return values.ndim == 1 and values.dtype.kind in "iuf"


def titled(hdu: Any, name: str) -> str:
    """A column's name with its unit."""
    unit = hdu.columns[name].unit
    return f"{name} [{unit}]" if unit else name


def array(hdu: Any, names: list[str]) -> Drawn:
    """The array of the first row over two of its axes, or over one; where it has more, the others are held and that is said."""
    name = names[0]
    values = np.ma.filled(np.ma.asarray(column(hdu, name, 1)[0]).astype(float), np.nan)
    axes = axes_of(hdu, name, values.shape)
    values, axes, held = held_to_two(values, axes)
    notes = []
    if held:
        notes.append(_("Plotted: %(column)s at %(bins)s.") % {"column": name, "bins": held})
    elif len(names) > 1:
        notes.append(_("Plotted: %(column)s.") % {"column": name})
    if len(hdu.data) > 1:
        notes.append(_("Plotted: the first of %(n)s rows.") % {"n": f"{len(hdu.data):,}"})
    if any(axis.edges is None for axis in axes):
        notes.append(_("The table does not describe its bins: they are numbered."))
    label = titled(hdu, name)
    if len(axes) == 1:
        return plot.stairs(axes[0], values, label), plot.binned(label, axes[0], values.size), " ".join(notes)
    y, x = axes
    return plot.plane(x, y, values, label), plot.binned_twice(label, x, y, values), " ".join(notes)


def held_to_two(values: np.ndarray, axes: list[Axis]) -> tuple[np.ndarray, list[Axis], str]:
    """Hold axes of one bin, then offsets, then the slowest, until at most two are left; `axes` are those of `values`, in its order."""
    held: list[str] = []
    while len(axes) > 2 or (len(axes) > 1 and min(values.shape) == 1):
        number = next((at for at, length in enumerate(values.shape) if length == 1), None)
        if number is None:
            number = next((at for at, axis in enumerate(axes) if axis.name.startswith("THETA")), 0)
        axis = axes[number]
        index = 0 if values.shape[number] == 1 or axis.name.startswith("THETA") else values.shape[number] // 2
        held += [axis.bin_text(index)] if axis.name or values.shape[number] > 1 else []
        values = np.take(values, index, axis=number)
        axes = axes[:number] + axes[number + 1 :]
    return values, axes, ", ".join(held)


def steps(hdu: Any, pair: tuple[str, str], name: str) -> Drawn:
    """A column of numbers over the bins that each row has."""
    lows, highs, values = (np.ma.filled(np.ma.asarray(column(hdu, each, POINTS)).astype(float), np.nan) for each in (*pair, name))
    axis = Axis.of(pair, lows, highs, hdu.columns[pair[0]].unit)
    label = titled(hdu, name)
    return plot.stairs(axis, values, label), plot.binned(label, axis, len(values)), ""
