"""Axes that a response table carries in its columns: ENERG_LO with ENERG_HI and their like (GADF, OGIP)."""

import re
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

WIDE = 30  # the ratio of the ends from which on an axis is drawn in powers of ten
MAX_AXES = 6
ENDS = (("_LO", "_HI"), ("_LOW", "_HIGH"), ("_MIN", "_MAX"))


@dataclass(frozen=True)
class Axis:
    """One axis: its name and unit, and the edges of its bins; without edges its bins are numbered."""

    name: str
    unit: str
    size: int
    edges: np.ndarray | None

    @classmethod
    def of(cls, pair: tuple[str, str], lows: np.ndarray, highs: np.ndarray, unit: str | None) -> "Axis":
        """The axis of a pair of columns."""
        return cls(stem(pair[0]), unit or "", lows.size, edges_of(lows, highs))

    @property
    def title(self) -> str:
        if self.edges is None:
            return _("%(name)s bin") % {"name": self.name} if self.name else _("bin")
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def ends(self) -> np.ndarray:
        """The edges of all bins, those of numbered bins around whole numbers."""
        return self.edges if self.edges is not None else np.arange(self.size + 1) - 0.5

    @property
    def is_wide(self) -> bool:
        """Whether powers of ten suit it."""
        edges = self.edges
        return edges is not None and bool((edges > 0).all()) and float(edges.max()) > WIDE * float(edges.min())

    def bin_text(self, index: int) -> str:
        """One bin in words."""
        if self.edges is None:
            return _("%(axis)s %(number)s of %(size)s") % {"axis": self.title, "number": index + 1, "size": self.size}
        values = {"name": self.name, "low": f"{self.edges[index]:.4g}", "high": f"{self.edges[index + 1]:.4g}", "unit": self.unit}
        return (_("%(name)s %(low)s to %(high)s %(unit)s") % values).rstrip()


def stem(name: str) -> str:
    """The name of an axis, out of the name of its lower edges."""
    return next((name[: -len(low)] for low, _high in ENDS if name.upper().endswith(low)), name)


def bounds(names: list[str]) -> list[tuple[str, str]]:
    """Columns that hold lower and upper edges, in order."""
    known = {name.upper(): name for name in names}
    found = []
    for name in names:
        for low, high in ENDS:
            other = known.get(name.upper().removesuffix(low) + high)
            if name.upper().endswith(low) and other:
                found.append((name, other))
    return found[:MAX_AXES]


def edges_of(lows: np.ndarray, highs: np.ndarray) -> np.ndarray | None:
    """Edges of bins that touch; where lower and upper edge are one value, it is the middle of its bin. None where they make no sense."""
    if lows.shape != highs.shape or not lows.size or not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        return None
    if np.array_equal(lows, highs):
        if lows.size < 2:
            return None
        middles = (lows[1:] + lows[:-1]) / 2
        edges = np.concatenate(([2 * lows[0] - middles[0]], middles, [2 * lows[-1] - middles[-1]]))
        if lows[0] >= 0 > edges[0]:
            edges[0] = 0  # there are no negative energies and angles where the middles are none
    else:
        edges = np.append(lows, highs[-1])
        if not np.allclose(lows[1:], highs[:-1], rtol=1e-3, atol=0):
            return None
    steps = np.diff(edges)
    return edges if (steps > 0).all() or (steps < 0).all() else None


def axes_of(hdu: Any, name: str, shape: tuple[int, ...]) -> list[Axis]:
    """The axes of an array in the order of `shape`: by CREF where it is told, else the pairs of columns in their order whose lengths fit."""
    pairs = told(hdu, name) or bounds(hdu.columns.names)
    held = [Axis.of(pair, edge(hdu, pair[0]), edge(hdu, pair[1]), hdu.columns[pair[0]].unit) for pair in pairs]
    for chosen in permutations(held, min(len(shape), len(held))):
        if len(chosen) == len(shape) and tuple(axis.size for axis in chosen) == shape[::-1]:
            return list(reversed(chosen))
    return [
        next((axis for axis in held if axis.size == length and shape.count(length) == 1), Axis("", "", length, None)) for length in shape
    ]


def edge(hdu: Any, name: str) -> np.ndarray:
    return np.ravel(np.asarray(hdu.data[name][0], dtype=float))


def told(hdu: Any, name: str) -> list[tuple[str, str]]:
    """The pairs of columns that CREFn names for a column, fastest axis first."""
    number = hdu.columns.names.index(name) + 1
    text = str(hdu.header.get(f"CREF{number}", ""))
    known = {item.upper(): item for item in hdu.columns.names}
    found = [(known.get(low.upper(), ""), known.get(high.upper(), "")) for low, high in re.findall(r"(\w+):(\w+)", text)]
    return found if all(low and high for low, high in found) else []


def per_row(hdu: Any, numbers: list[str]) -> tuple[str, str] | None:
    """The first pair of columns that gives each row one bin of an axis, where the rows follow each other along it."""
    for pair in bounds(numbers):
        lows, highs = (np.asarray(hdu.data[name], dtype=float) for name in pair)
        if len(lows) > 1 and edges_of(lows, highs) is not None:
            return pair
    return None
