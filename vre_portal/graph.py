"""Lays out a small directed graph of steps from left to right, for the step graph drawn on the server."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

WIDTH, HEIGHT, GAP_X, GAP_Y, EDGE = 184, 64, 56, 20, 4


@dataclass(frozen=True)
class GraphStep:
    """One step as its owner knows it; `after` names the steps whose output it takes."""

    name: str
    state: str = ""
    note: str = ""
    url: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedStep:
    """A step with its place."""

    step: GraphStep
    x: int
    y: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def label(self) -> str:
        return shorten(self.step.name, 21)

    @property
    def note(self) -> str:
        return shorten(self.step.note, 27)


@dataclass(frozen=True)
class Graph:
    """Nodes and the paths between them, ready to be drawn."""

    nodes: tuple[PlacedStep, ...]
    edges: tuple[str, ...]
    width: int
    height: int


def shorten(text: str, length: int) -> str:
    """The text, or its beginning; the whole stands in the node's title."""
    return text if len(text) <= length else text[: length - 1] + "\u2026"


def layout(steps: Iterable[GraphStep]) -> Graph:
    """Each step one column right of the last one that it waits for; a step in a circle or after an unknown one stands first."""
    known = {step.name: step for step in steps}
    columns: dict[int, list[GraphStep]] = {}
    depth = _depths(known)
    for step in known.values():
        columns.setdefault(depth[step.name], []).append(step)
    tallest = max((len(column) for column in columns.values()), default=0)
    height = tallest * (HEIGHT + GAP_Y) - GAP_Y if tallest else 0
    places = {step.name: node for number, column in columns.items() for step, node in _column(number, column, height)}
    edges = tuple(_edge(places[before], places[step.name]) for step in known.values() for before in step.after if before in places)
    width = (max(columns, default=-1) + 1) * (WIDTH + GAP_X) - GAP_X if columns else 0
    return Graph(tuple(places.values()), edges, width + 2 * EDGE, height + 2 * EDGE)


def _depths(known: Mapping[str, GraphStep]) -> dict[str, int]:
    inside: set[str] = set()

    @cache
    def depth(name: str) -> int:
        if name in inside:
            return 0
        inside.add(name)
        found = max((depth(before) + 1 for before in known[name].after if before in known and before not in inside), default=0)
        inside.discard(name)
        return found

    return {name: depth(name) for name in known}


def _column(number: int, column: list[GraphStep], height: int) -> Iterable[tuple[GraphStep, PlacedStep]]:
    own = len(column) * (HEIGHT + GAP_Y) - GAP_Y
    top = EDGE + (height - own) // 2
    for place, step in enumerate(column):
        yield step, PlacedStep(step, EDGE + number * (WIDTH + GAP_X), top + place * (HEIGHT + GAP_Y))


def _edge(start: PlacedStep, end: PlacedStep) -> str:
    x1, y1 = start.x + WIDTH, start.y + HEIGHT // 2
    x2, y2 = end.x, end.y + HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2 - 5} {y2}"
