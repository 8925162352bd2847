"""Small plots on white paper, so that they read the same in both colour schemes."""

import base64
import io
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SIDE = 1200  # pixels that are drawn along one side at most


def plain(text: str) -> str:
    """A label without markup: a dollar would make matplotlib read it as mathematics."""
    return text.replace("$", r"\$")[:60]


def figure() -> tuple[Figure, Any]:
    drawing = Figure(figsize=(6.4, 4.0), dpi=110, layout="constrained")
    FigureCanvasAgg(drawing)
    return drawing, drawing.add_subplot()


def png(drawing: Figure) -> str:
    out = io.BytesIO()
    drawing.savefig(out, format="png", metadata={"Software": None})
    return base64.b64encode(out.getvalue()).decode()


def picture(plane: np.ndarray, *, label: str = "", x: str = "pixel", y: str = "pixel") -> str:
    """A plane of numbers, from its 1st to its 99.5th percentile; over a wide range in powers of ten."""
    step = max(1, -(-max(plane.shape) // SIDE))
    plane = plane[::step, ::step]
    good = plane[np.isfinite(plane)]
    low, high = np.percentile(good, (1, 99.5)) if good.size else (0.0, 1.0)
    positive = good[good > 0]
    norm: dict[str, Any] = {"vmin": low, "vmax": high if high > low else low + 1}
    if positive.size > good.size / 2 and low >= 0 and high > 300 * max(np.percentile(positive, 5), 1e-300):
        norm = {"norm": "log", "vmin": None, "vmax": None}
        plane = np.where(plane > 0, plane, np.nan)
    drawing, axes = figure()
    shown = axes.imshow(
        plane, origin="lower", aspect="auto", cmap="viridis", interpolation="nearest", **{k: v for k, v in norm.items() if v is not None}
    )
    drawing.colorbar(shown, label=plain(label))
    axes.set(xlabel=plain(x), ylabel=plain(y))
    return png(drawing)


def table(hdu: Any) -> tuple[str, str]:
    """The plot that suits a table, with its description; empty where none does."""
    data, columns = hdu.data, hdu.columns
    units = {column.name: column.unit or "" for column in columns}
    arrays = [name for name in columns.names if data[name].ndim > 2 and data[name].dtype.kind in "iuf"]
    if arrays:
        name = arrays[-1]
        plane = np.asarray(data[name][0], dtype=float)
        while plane.ndim > 2:
            plane = plane[plane.shape[0] // 2] if plane.shape[0] < plane.shape[-1] else plane[0]
        axes = (axis(columns.names, data, plane.shape[1]), axis(columns.names, data, plane.shape[0]))
        drawn = picture(plane, label=titled(name, units), x=axes[0] or "bin", y=axes[1] or "bin")
        return drawn, f"{name} as a map of {plane.shape[1]} by {plane.shape[0]} bins"
    numbers = [name for name in columns.names if data[name].ndim == 1 and data[name].dtype.kind in "iuf"]
    if len(numbers) < 2 or len(data) < 3:
        return "", ""
    first, second = (np.asarray(data[name][:20_000], dtype=float) for name in numbers[:2])
    return curve(first, second, titled(numbers[0], units), titled(numbers[1], units))


def titled(name: str, units: dict[str, str]) -> str:
    """A column's name with its unit."""
    return f"{name} [{units[name]}]" if units.get(name) else name


def axis(names: list[str], data: Any, length: int) -> str:
    """The axis of a response function that has as many bins: its columns are called NAME_LO and NAME_HI."""
    fitting = [name for name in names if name.endswith("_LO") and np.asarray(data[name][0]).size == length]
    return f"{fitting[0].removesuffix('_LO').lower()} bin" if len(fitting) == 1 else ""


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
    return png(drawing), f"{y_name} over {x_name}, {len(x):,} points"


def steps(edges: np.ndarray, values: np.ndarray) -> str:
    """A histogram of one axis."""
    drawing, axes = figure()
    axes.stairs(values, edges, color="#3b6ea8", fill=False)
    axes.grid(alpha=0.25)
    return png(drawing)
