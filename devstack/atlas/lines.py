"""Thin out, clip and write lines of a map."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
Line = list[Point]
Box = tuple[float, float, float, float]


def thin(degrees: Line, line: Line, stray: float) -> Line:
    """Douglas and Peucker: the fewest points from which no other, as drawn in `line`, strays further than `stray`."""
    if len(line) < 3:
        return degrees
    kept = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        worst, at = max(((_distance(line[i], line[first], line[last]), i) for i in range(first + 1, last)), default=(0.0, 0))
        if worst > stray:
            kept.add(at)
            spans += [(first, at), (at, last)]
    return [degrees[i] for i in sorted(kept)]


def unwrapped(ring: Line) -> list[Line]:
    """A shape in degrees, cut in two where it goes over the date line."""
    turns, longitudes = 0, [ring[0][0]]
    for (before, _), (now, _) in pairwise(ring):
        turns += (now - before < -180) - (now - before > 180)
        longitudes.append(now + 360 * turns)
    if min(longitudes) >= -180 and max(longitudes) <= 180:
        return [ring]
    moved = [[(x + shift, y) for x, (_, y) in zip(longitudes, ring, strict=True)] for shift in (-360, 0, 360)]
    return [part for shape in moved if (part := clip_ring(shape, (-180.0, -90.0, 180.0, 90.0)))]


def _distance(point: Point, start: Point, end: Point) -> float:
    (px, py), (ax, ay), (bx, by) = point, start, end
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    along = 0.0 if square == 0 else max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / square))
    return hypot(px - ax - along * dx, py - ay - along * dy)


def clip_ring(ring: Line, box: Box) -> Line:
    """Sutherland and Hodgman: the part of a shape inside of a box, edge by edge."""
    west, north, east, south = box
    edges: list[tuple[int, float, Callable[[float, float], bool]]] = [
        (0, west, float.__ge__),
        (0, east, float.__le__),
        (1, north, float.__ge__),
        (1, south, float.__le__),
    ]
    for axis, limit, inside in edges:
        clipped: Line = []
        for here, there in zip(ring, [*ring[1:], *ring[:1]], strict=True):
            if inside(float(here[axis]), limit):
                clipped.append(here)
            if inside(float(here[axis]), limit) != inside(float(there[axis]), limit):
                clipped.append(_crossing(here, there, axis, limit))
        ring = clipped
    return ring


def _crossing(here: Point, there: Point, axis: int, limit: float) -> Point:
    part = (limit - here[axis]) / (there[axis] - here[axis])
    return here[0] + part * (there[0] - here[0]), here[1] + part * (there[1] - here[1])


def clip_line(line: Line, box: Box) -> list[Line]:
    """The stretches of a line that are inside, each with the one step that leads out of it."""
    west, north, east, south = box
    pieces: list[Line] = []
    going: Line = []
    for before, point in zip([*line[:1], *line], line, strict=False):
        if west <= point[0] <= east and north <= point[1] <= south:
            going = going or ([before] if before != point else [])
            going.append(point)
        elif going:
            pieces.append([*going, point])
            going = []
    return [piece for piece in [*pieces, going] if len(piece) > 1]


def path_of(lines: Sequence[Line], finer: int, *, closed: bool) -> str:
    """The d of an SVG path, in whole steps from point to point."""
    text = []
    for line in lines:
        points = [(round(x * finer), round(y * finer)) for x, y in line]
        points = [point for number, point in enumerate(points) if number == 0 or point != points[number - 1]]
        if len(points) < (3 if closed else 2):
            continue
        steps = [f"{x2 - x1},{y2 - y1}" for (x1, y1), (x2, y2) in pairwise(points)]
        text.append(f"M{points[0][0]},{points[0][1]}l{' '.join(steps)}{'z' if closed else ''}".replace(",-", "-").replace(" -", "-"))
    return "".join(text)
