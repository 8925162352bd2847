"""Lays out a directed graph of steps in layers, from the top down or from left to right, whichever fits better into its box."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vre_portal.graph.order import Ordered, ordered
from vre_portal.graph.place import places
from vre_portal.graph.steps import GraphStep, Links, layers, links

WIDTH, HEIGHT, EDGE = 184, 48, 6
GAP, LAYER_GAP_DOWN, LAYER_GAP_ACROSS = 16, 30, 44
BACK = 24  # for links that close a circle
BEND = 10  # what a passing link takes of a layer
LABEL, NOTE = 20, 25  # characters that fit
FOLDED_ROWS = 6  # of a chain that is longer than its box is wide
MAX_DRAWN, MAX_LINKS = 150, 1500


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
        count = f" ×{self.step.count}" if self.step.count > 1 else ""
        return shorten(self.step.name, LABEL - len(count)) + count

    @property
    def note(self) -> str:
        return shorten(self.step.note, NOTE - len(self.step.state))

    @property
    def is_cut(self) -> bool:
        """Whether the drawing leaves out something of its texts."""
        return not (self.label.startswith(self.step.name) and self.note == self.step.note)

    @property
    def text_x(self) -> int:
        """Where its texts begin: beside the icon of its state."""
        return 34 if self.step.state else 12


@dataclass(frozen=True)
class PlacedEdge:
    """The path of a link; one that closes a circle is marked."""

    path: str
    closes_circle: bool = False


@dataclass(frozen=True)
class Graph:
    """Nodes and the links between them, ready to be drawn. With `too_many` steps or links it is empty: the list beside it has them."""

    nodes: tuple[PlacedStep, ...] = ()
    edges: tuple[PlacedEdge, ...] = ()
    width: int = 0
    height: int = 0
    circles: tuple[tuple[str, str], ...] = ()  # names: a step, and one that it waits for although that waits for it
    unknown: tuple[tuple[str, str], ...] = ()  # a step's name, and what it waits for although no step is called so
    too_many: int = 0


def shorten(text: str, length: int) -> str:
    """The text, or its beginning and its end, where long names differ; the whole stands in the node's title."""
    if len(text) <= length:
        return text
    end = (length - 1) // 3
    return f"{text[: length - 1 - end]}\u2026{text[-end:] if end else ''}"


def layout(steps: Iterable[GraphStep], box: tuple[int, int] = (600, 640)) -> Graph:
    """Each step behind all that it waits for; what is said wrongly, circles and unknown steps, is listed, and costs only its own link."""
    listed = list(steps)
    found = links(listed)
    circles = tuple((listed[number].name, listed[other].name) for number, other in found.circles)
    unknown = tuple((listed[number].name, key) for number, key in found.unknown)
    if len(listed) > MAX_DRAWN or sum(map(len, found.before)) > MAX_LINKS:
        return Graph(circles=circles, unknown=unknown, too_many=len(listed))
    if not listed:
        return Graph()
    layer_of = layers(found.before, found.after)
    order = ordered(found.before, layer_of)
    is_down, across, along = _down(order, listed, box)
    if _is_chain(found) and len(listed) * (WIDTH + LAYER_GAP_ACROSS) > box[0] and len(listed) > FOLDED_ROWS:
        is_down, across, along = True, *_folded(order, box)
    nodes = tuple(
        PlacedStep(step, EDGE + round(x - WIDTH / 2), EDGE + round(y - HEIGHT / 2))
        for step, x, y in zip(listed, *((across, along) if is_down else (along, across)), strict=False)
    )
    points = list(zip(*((across, along) if is_down else (along, across)), strict=True))
    edges = [
        PlacedEdge(_path(_stops(points, first, bends, last, is_down=is_down), is_down=is_down))
        for (first, last), bends in order.routes.items()
    ]
    edges += [PlacedEdge(_back(points[other], points[number], is_down=is_down), True) for number, other in found.circles]
    room = BACK if found.circles else 0
    width, height = max(node.x for node in nodes) + WIDTH, max(node.y for node in nodes) + HEIGHT
    return Graph(nodes, tuple(edges), width + EDGE + (room if is_down else 0), height + EDGE + (0 if is_down else room), circles, unknown)


def _down(order: Ordered, steps: Sequence[GraphStep], box: tuple[int, int]) -> tuple[bool, list[float], list[float]]:
    """Whether layers follow each other downwards, and the middles across the layers and along their sequence."""
    ways = []
    for is_down in (False, True):
        size, depth, gap = (WIDTH, HEIGHT, LAYER_GAP_DOWN) if is_down else (HEIGHT, WIDTH, LAYER_GAP_ACROSS)
        across = places(order, [size if number < len(steps) else BEND for number in range(len(order.before))], GAP)
        along = [0.0] * len(across)
        for index, layer in enumerate(order.layers):
            for number in layer:
                along[number] = index * (depth + gap) + depth / 2
        length = len(order.layers) * (depth + gap) - gap
        breadth = max(across) + size / 2
        width, height = (breadth, length) if is_down else (length, breadth)
        # To scroll down is less trouble than to scroll sideways.
        ways.append((max(width - box[0], 0) * 2 + max(height - box[1], 0), is_down, across, along))
    _, is_down, across, along = min(ways, key=lambda way: way[0])
    return is_down, across, along


def _is_chain(found: Links) -> bool:
    return (
        all(len(before) <= 1 and len(after) <= 1 for before, after in zip(found.before, found.after, strict=True))
        and sum(map(len, found.before)) == len(found.before) - 1
    )


def _folded(order: Ordered, box: tuple[int, int]) -> tuple[list[float], list[float]]:
    """A chain in columns beside each other, each read downwards, as many as fit."""
    columns = max((box[0] - 2 * EDGE + LAYER_GAP_ACROSS) // (WIDTH + LAYER_GAP_ACROSS), 1)
    rows = max(FOLDED_ROWS, math.ceil(len(order.layers) / columns))
    across, along = [0.0] * len(order.before), [0.0] * len(order.before)
    for index, (number,) in enumerate(order.layers):
        across[number] = index // rows * (WIDTH + LAYER_GAP_ACROSS) + WIDTH / 2
        along[number] = index % rows * (HEIGHT + LAYER_GAP_DOWN) + HEIGHT / 2
    return across, along


def _stops(
    points: Sequence[tuple[float, float]], first: int, bends: Sequence[int], last: int, *, is_down: bool
) -> list[tuple[float, float]]:
    """Where a link begins, where it enters and leaves each layer that it passes, so that it cuts no step there, and where it ends."""
    x, y = (0.0, HEIGHT / 2) if is_down else (WIDTH / 2, 0.0)
    between = [(points[bend][0] + side * x, points[bend][1] + side * y) for bend in bends for side in (-1, 1)]
    return [points[first], *between, points[last]]


def _path(points: Sequence[tuple[float, float]], *, is_down: bool) -> str:
    """A line from the edge of the first point's node through the bends to the edge of the last one's, with an arrow's head."""
    (x1, y1), (x2, y2) = points[0], points[-1]
    if not is_down:
        stops = [(x1 + WIDTH / 2, y1), *points[1:-1], (x2 - WIDTH / 2, y2)]
    elif y2 > y1:
        stops = [(x1, y1 + HEIGHT / 2), *points[1:-1], (x2, y2 - HEIGHT / 2)]
    else:
        return _next_column(x1 + WIDTH / 2, y1, x2 - WIDTH / 2, y2)
    drawn = [f"M{_at(*stops[0])}"]
    for (ax, ay), (bx, by) in pairwise(stops):
        if is_down:
            drawn.append(f"V{_at(ax, by).split()[1]}" if ax == bx else f"C{_at(ax, (ay + by) / 2)} {_at(bx, (ay + by) / 2)} {_at(bx, by)}")
        else:
            drawn.append(f"H{_at(bx, ay).split()[0]}" if ay == by else f"C{_at((ax + bx) / 2, ay)} {_at((ax + bx) / 2, by)} {_at(bx, by)}")
    return "".join(drawn) + ("m-4-6 4 6 4-6" if is_down else "m-6-4 6 4-6 4")


def _next_column(x1: float, y1: float, x2: float, y2: float) -> str:
    """From the right of one node to the left of one that stands higher."""
    middle = (x1 + x2) / 2
    return f"M{_at(x1, y1)}C{_at(middle + 20, y1)} {_at(middle - 20, y2)} {_at(x2, y2)}m-6-4 6 4-6 4"


def _back(start: tuple[float, float], end: tuple[float, float], *, is_down: bool) -> str:
    """A link that closes a circle, beside the others: from the right of one node to that of another, or from below to below."""
    (x1, y1), (x2, y2) = start, end
    if is_down:
        x1, x2, out = x1 + WIDTH / 2, x2 + WIDTH / 2, max(x1, x2) + WIDTH / 2 + BACK * 4 / 3
        return f"M{_at(x1, y1 + 8)}C{_at(out, y1 + 8)} {_at(out, y2 - 8)} {_at(x2, y2 - 8)}m6-4-6 4 6 4"
    y1, y2, out = y1 + HEIGHT / 2, y2 + HEIGHT / 2, max(y1, y2) + HEIGHT / 2 + BACK * 4 / 3
    return f"M{_at(x1 + 8, y1)}C{_at(x1 + 8, out)} {_at(x2 - 8, out)} {_at(x2 - 8, y2)}m-4 6 4-6 4 6"


def _at(x: float, y: float) -> str:
    return f"{round(x) + EDGE} {round(y) + EDGE}"
