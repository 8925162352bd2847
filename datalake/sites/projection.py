"""Two equal-area projections of the globe, and the frames in which maps are drawn with them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

Projection = Callable[[float, float], tuple[float, float]]
RADIUS = 6371.0  # km


def lambert(latitude: float, longitude: float) -> tuple[float, float]:
    """Lambert's azimuthal equal-area projection about 52 N 10 E, as Europe's statistics use it; km to the east and to the south."""
    there, here, turn = radians(latitude), radians(52.0), radians(longitude - 10.0)
    scale = RADIUS * sqrt(2 / max(1 + _nearness(latitude, longitude), 1e-9))
    return scale * cos(there) * sin(turn), -scale * (cos(here) * sin(there) - sin(here) * cos(there) * cos(turn))


def equal_earth(latitude: float, longitude: float) -> tuple[float, float]:
    """The Equal Earth projection (Šavrič, Patterson, Jenny 2018); km to the east and to the south."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    angle = asin(sqrt(3) / 2 * sin(radians(latitude)))
    square = angle * angle
    sixth = square**3
    across = 2 * sqrt(3) * radians(longitude) * cos(angle) / (3 * (9 * a4 * sixth * square + 7 * a3 * sixth + 3 * a2 * square + a1))
    return RADIUS * across, -RADIUS * angle * (a4 * sixth * square + a3 * sixth + a2 * square + a1)


@dataclass(frozen=True)
class Frame:
    """A part of a projected globe, drawn `width` units wide."""

    name: str
    project: Projection
    west: float  # km from the projection's centre
    north: float
    across: float
    down: float
    width: int = 1000

    @property
    def height(self) -> int:
        return round(self.width * self.down / self.across)

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where something is drawn; outside of the frame the numbers are beyond its edges."""
        x, y = self.project(latitude, longitude)
        return (x - self.west) * self.width / self.across, (y - self.north) * self.width / self.across

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a place is on the map: within the edges, and on this side of the globe."""
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            return False
        if self.project is lambert and _nearness(latitude, longitude) < 0.5:  # what is further than 60 degrees away is no part of Europe
            return False
        x, y = self.place(latitude, longitude)
        return 0 <= x <= self.width and 0 <= y <= self.height


def _nearness(latitude: float, longitude: float) -> float:
    """The cosine of the angle from the middle of the map of Europe."""
    there, here = radians(latitude), radians(52.0)
    return sin(here) * sin(there) + cos(here) * cos(there) * cos(radians(longitude - 10.0))


EUROPE = Frame("europe", lambert, west=-2350, north=-2250, across=4900, down=4250)
WORLD = Frame("world", equal_earth, west=-17300, north=-8400, across=34600, down=14600)
FRAMES = {frame.name: frame for frame in (EUROPE, WORLD)}
