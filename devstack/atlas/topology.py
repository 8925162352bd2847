"""Read TopoJSON: arcs are shared, so that a border is thinned out once for both of its countries."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

Line = list[tuple[float, float]]


class Topology:
    """One file of world-atlas."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw

    def arcs(self) -> Iterator[Line]:
        """All arcs in degrees (longitude, latitude); they are stored as steps on a grid."""
        (sx, sy), (tx, ty) = self.raw["transform"]["scale"], self.raw["transform"]["translate"]
        for arc in self.raw["arcs"]:
            x = y = 0
            line = []
            for dx, dy in arc:
                x, y = x + dx, y + dy
                line.append((x * sx + tx, y * sy + ty))
            yield line

    def land(self) -> list[list[int]]:
        """The rings of all land, as numbers of arcs; a negative one is walked backwards."""
        return list(self._rings(self.raw["objects"]["land"]))

    def borders(self) -> list[int]:
        """Arcs between two countries."""
        uses: Counter[int] = Counter()
        for country in self.raw["objects"]["countries"]["geometries"]:
            uses.update({number if number >= 0 else ~number for ring in self._rings(country) for number in ring})
        return sorted(number for number, times in uses.items() if times > 1)

    def stitch(self, arcs: list[Line], ring: list[int]) -> Line:
        """One ring of points; where two arcs meet, their common point is taken once."""
        points: Line = []
        for number in ring:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            points += arc[1:] if points else arc
        return points

    def _rings(self, shape: dict[str, Any]) -> Iterator[list[int]]:
        kind = shape["type"]
        if kind == "GeometryCollection":
            for part in shape["geometries"]:
                yield from self._rings(part)
        elif kind == "Polygon":
            yield from shape["arcs"]
        elif kind == "MultiPolygon":
            for polygon in shape["arcs"]:
                yield from polygon
