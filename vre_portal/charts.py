"""Scales a few series of numbers into a line chart, drawn on the server as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEFT, TOP, WIDTH, HEIGHT = 52, 10, 560, 220


@dataclass(frozen=True)
class Series:
    """A name and its points."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Tick:
    """A place on an axis and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """All that the template draws; `lines` holds a name and a path for each series."""

    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[tuple[str, str], ...]
    left: int = LEFT
    top: int = TOP
    right: int = LEFT + WIDTH
    bottom: int = TOP + HEIGHT


def line_chart(series: Sequence[Series], x_title: str, y_title: str) -> Chart:
    """A chart of all finite points, axes from the first to the last round number."""
    finite = [[(x, y) for x, y in item.points if math.isfinite(x) and math.isfinite(y)] for item in series]
    everything = [point for points in finite for point in points] or [(0.0, 0.0)]
    xs, ys = _rounds([x for x, _ in everything]), _rounds([y for _, y in everything])

    def across(x: float) -> float:
        return LEFT + WIDTH * (x - xs[0]) / (xs[-1] - xs[0])

    def up(y: float) -> float:
        return TOP + HEIGHT - HEIGHT * (y - ys[0]) / (ys[-1] - ys[0])

    lines = tuple(
        (item.name, "M" + "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y in points) if points else "")
        for item, points in zip(series, finite, strict=True)
    )
    return Chart(
        x_title, y_title, tuple(Tick(round(across(x), 1), f"{x:g}") for x in xs), tuple(Tick(round(up(y), 1), f"{y:g}") for y in ys), lines
    )


def _rounds(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    if high == low:
        high = low + 1
    rough = (high - low) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, last + 1)]
