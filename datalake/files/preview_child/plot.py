"""Small plots on white paper, so that they read the same in both colour schemes."""

import base64
import io
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from datalake.files.preview_child.axes import Axis

SIDE = 1200  # pixels that are drawn along one side at most


def plain(text: str) -> str:
    """A label without markup: a dollar would make matplotlib read it as mathematics."""
    return text.replace("$", r"\$")[:60]


def figure() -> tuple[Figure, Any]:
    """A figure with its axes, whose numbers are written whole: `60310.1` and not `1e-6 + 6.031e4`."""
    drawing = Figure(figsize=(6.4, 4.0), dpi=110, layout="constrained")
    FigureCanvasAgg(drawing)
    axes = drawing.add_subplot()
    axes.ticklabel_format(useOffset=False)
    return drawing, axes


def png(drawing: Figure) -> str:
    out = io.BytesIO()
    drawing.savefig(out, format="png", metadata={"Software": None})
    return base64.b64encode(out.getvalue()).decode()


def norm_of(plane: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """The plane and how its numbers become colours: from the 1st to the 99.5th percentile; over a wide range in powers of ten."""
    good = plane[np.isfinite(plane)]
    low, high = np.percentile(good, (1, 99.5)) if good.size else (0.0, 1.0)
    positive = good[good > 0]
    if positive.size > good.size / 2 and low >= 0 and high > 300 * max(np.percentile(positive, 5), 1e-300):
        return np.where(plane > 0, plane, np.nan), {"norm": "log"}
    return plane, {"vmin": low, "vmax": high if high > low else low + 1}


def picture(plane: np.ndarray, *, label: str = "", x: str = "", y: str = "") -> str:
    """A plane of numbers, each a pixel; axes without a name are counted in pixels."""
    step = max(1, -(-max(plane.shape) // SIDE))
    colours, norm = norm_of(plane[::step, ::step])
    drawing, axes = figure()
    extent = (-0.5, plane.shape[1] - 0.5, -0.5, plane.shape[0] - 0.5)
    shown = axes.imshow(colours, origin="lower", aspect="auto", extent=extent, cmap="viridis", interpolation="nearest", **norm)
    drawing.colorbar(shown, label=plain(label))
    axes.set(xlabel=plain(x or _("pixel")), ylabel=plain(y or _("pixel")))
    return png(drawing)


def plane(x: Axis, y: Axis, values: np.ndarray, label: str) -> str:
    """Bins over two axes with their own values."""
    across, up = (max(1, -(-size // SIDE)) for size in (values.shape[1], values.shape[0]))
    colours, norm = norm_of(values[::up, ::across])
    drawing, axes = figure()
    shown = axes.pcolormesh(thinned(x.ends, across), thinned(y.ends, up), colours, cmap="viridis", **norm)
    drawing.colorbar(shown, label=plain(label))
    axes.set(xlabel=plain(x.title), ylabel=plain(y.title), xscale="log" if x.is_wide else "linear", yscale="log" if y.is_wide else "linear")
    return png(drawing)


def thinned(edges: np.ndarray, step: int) -> np.ndarray:
    """Every so manyth edge, and always the last."""
    return edges if step == 1 else np.append(edges[:-1:step], edges[-1])


def curve(x: np.ndarray, y: np.ndarray, x_name: str, y_name: str) -> tuple[str, str]:
    """One column over another, in powers of ten where the values span them."""
    drawing, axes = figure()
    axes.plot(x, y, ".", markersize=4, color="#3b6ea8")
    for values, set_scale in ((x, axes.set_xscale), (y, axes.set_yscale)):
        good = values[np.isfinite(values)]
        if good.size and (good > 0).all() and good.max() > 100 * good.min():
            set_scale("log")
    axes.set(xlabel=plain(x_name), ylabel=plain(y_name))
    axes.grid(alpha=0.25)
    alt = ngettext("%(y)s over %(x)s, %(n)s point", "%(y)s over %(x)s, %(n)s points", len(x))
    return png(drawing), alt % {"y": y_name, "x": x_name, "n": f"{len(x):,}"}


def binned(label: str, axis: Axis, count: int) -> str:
    """The description of values over the bins of one axis."""
    alt = ngettext("%(value)s over %(axis)s, %(n)s bin", "%(value)s over %(axis)s, %(n)s bins", count)
    return alt % {"value": label, "axis": axis.title, "n": f"{count:,}"}


def binned_twice(label: str, x: Axis, y: Axis, values: np.ndarray) -> str:
    """The description of values over the bins of two axes, of which `y` is the first of the array."""
    parts = {"value": label, "y": y.title, "x": x.title, "columns": values.shape[1], "rows": values.shape[0]}
    return _("%(value)s over %(y)s and %(x)s, %(columns)s by %(rows)s bins") % parts


def stairs(axis: Axis, values: np.ndarray, label: str = "") -> str:
    """Bins over one axis."""
    drawing, axes = figure()
    axes.stairs(values, axis.ends, color="#3b6ea8", fill=False, baseline=None)
    good = values[np.isfinite(values) & (values > 0)]
    if good.size > values.size / 2 and not (values < 0).any() and good.max() > 100 * good.min():
        axes.set_yscale("log")
    axes.set(xlabel=plain(axis.title), ylabel=plain(label), xscale="log" if axis.is_wide else "linear")
    axes.grid(alpha=0.25)
    return png(drawing)
