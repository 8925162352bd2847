"""Project, clip, thin out and write: FOLDER is the npm package world-atlas, unpacked (`npm pack world-atlas@2.0.2`)."""

import json
import sys
from pathlib import Path

from datalake.sites.projection import EUROPE, WORLD, Frame
from devstack import address
from devstack.atlas.lines import Line, clip_line, clip_ring, path_of, thin, unwrapped
from devstack.atlas.topology import Topology

# Frame, file of the package, how far a line may stray (units of the map), the smallest island (square units).
MAPS = ((EUROPE, "countries-50m.json", 0.35, 2.0), (WORLD, "countries-110m.json", 0.4, 1.0))
FINER = 5  # steps in a unit
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
    "<!-- Made with Natural Earth, public domain (naturalearthdata.com), by way of world-atlas 2.0.2 (ISC, Michael Bostock): "
    "python -m devstack.atlas. Projection: {projection}. -->"
)
PROJECTIONS = {"europe": "Lambert azimuthal equal-area, 52 N 10 E", "world": "Equal Earth"}


def area(ring: Line) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def draw(frame: Frame, topology: Topology, stray: float, smallest: float) -> str:
    """The land as one shape and the borders as one line, for `<use>`."""

    def drawn(line: Line) -> Line:
        return [frame.place(latitude, longitude) for longitude, latitude in line]

    arcs = [thin(arc, drawn(arc), stray) for arc in topology.arcs()]
    box = (-20.0, -20.0, frame.width + 20.0, frame.height + 20.0)
    shapes = [part for ring in topology.land() for part in unwrapped(topology.stitch(arcs, ring))]
    rings = [clip_ring(drawn(shape), box) for shape in shapes]
    rings = [ring for ring in rings if len(ring) > 2 and area(ring) > smallest]
    borders = [piece for number in topology.borders() for piece in clip_line(drawn(arcs[number]), box)]
    land, lines = path_of(rings, FINER, closed=True), path_of(borders, FINER, closed=False)
    head = HEAD.format(width=frame.width, height=frame.height, projection=PROJECTIONS[frame.name])
    scale = f'transform="scale({1 / FINER:g})" vector-effect="non-scaling-stroke"'
    return f'{head}<path id="land" {scale} d="{land}"/><path id="borders" fill="none" {scale} d="{lines}"/></svg>\n'


def main() -> None:
    package = Path(sys.argv[1])
    for frame, source, stray, smallest in MAPS:
        topology = Topology(json.loads((package / source).read_text()))
        target = address.ROOT / "static" / "img" / f"{frame.name}.svg"
        target.write_text(draw(frame, topology, stray, smallest))
        print(f"{target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
