"""Sites on a small map: an SVG without outside help, in a plain projection that fits what is shown."""

from dataclasses import dataclass
from math import cos, radians

WIDTH, HEIGHT = 1000, 320
MARGIN = 60


@dataclass(frozen=True)
class Place:
    """One dot with its name."""

    name: str
    page: str
    x: float
    y: float
    end: bool  # whether the name stands left of the dot


@dataclass(frozen=True)
class Map:
    """Dots, and lines of whole degrees with their labels."""

    places: tuple[Place, ...]
    meridians: tuple[tuple[float, str], ...]
    parallels: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw(sites: list[tuple[str, float | None, float | None, str]]) -> Map | None:
    """A map of the sites whose place is known; None where there is none."""
    known = [(name, float(lat), float(lon), page) for name, lat, lon, page in sites if lat is not None and lon is not None]
    if not known:
        return None
    middle = (max(lat for _, lat, _, _ in known) + min(lat for _, lat, _, _ in known)) / 2
    centre = (max(lon for _, _, lon, _ in known) + min(lon for _, _, lon, _ in known)) / 2
    squeeze = max(cos(radians(middle)), 0.2)
    tall = max(max(abs(lat - middle) for _, lat, _, _ in known), 2.0)
    wide = max(max(abs(lon - centre) for _, _, lon, _ in known) * squeeze, 2.0)
    scale = min((HEIGHT / 2 - MARGIN) / tall, (WIDTH / 2 - MARGIN) / wide)

    def x(longitude: float) -> float:
        return round(WIDTH / 2 + (longitude - centre) * squeeze * scale, 1)

    def y(latitude: float) -> float:
        return round(HEIGHT / 2 - (latitude - middle) * scale, 1)

    step = next((size for size in (1, 2, 5, 10, 30) if size * scale > 55), 60)
    places = tuple(Place(name, page, x(lon), y(lat), x(lon) > WIDTH * 0.65) for name, lat, lon, page in known)
    lons = [degree for degree in range(-180, 181, step) if 0 < x(degree) < WIDTH]
    lats = [degree for degree in range(-90, 91, step) if 0 < y(degree) < HEIGHT]
    return Map(
        places,
        tuple((x(degree), f"{abs(degree)}\u00b0{'W' if degree < 0 else 'E'}") for degree in lons),
        tuple((y(degree), f"{abs(degree)}\u00b0{'S' if degree < 0 else 'N'}") for degree in lats),
    )
