"""Sites on a map: the part of it that is shown, the size of each mark, and labels that do not overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from datalake.sites.projection import EUROPE, Frame

LEAST = 0.45  # of the whole map is shown, however near to each other the sites are
WIDE = 1.6  # width by height of what is shown, where all sites fit into it
BORDER = 0.09  # of what is shown stays free around the outermost sites
SMALL, LARGE = 6.0, 15.0  # pixels: half the size of a mark without space and of the largest
LETTER = 0.62  # how wide a letter is for its height
# Pixels that the drawing is wide at most, high at most, and letters high, on a desk and on a phone: each has labels of its own.
DESK, PHONE = (1200, 640, 14.0), (356, 640, 12.0)
Box = tuple[float, float, float, float]
Screen = tuple[float, float, float]


@dataclass(frozen=True)
class Spot:
    """A site to be drawn."""

    name: str
    page: str
    latitude: float | None
    longitude: float | None
    state: str
    space: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Label:
    """A name beside its mark."""

    x: float
    y: float
    anchor: str
    hidden: bool = False  # there was no room: it is seen when its mark is pointed at


@dataclass(frozen=True)
class MapMarker:
    """One site where it is drawn, with a label for each width."""

    spot: Spot
    x: float
    y: float
    size: float  # half, in units of the map
    desk: Label
    phone: Label
    phone_size: float


@dataclass(frozen=True)
class Map:
    """What the template draws, and the sites that are outside the map or have no known location."""

    frame: Frame
    view: Box
    marks: tuple[MapMarker, ...]
    outside: tuple[Spot, ...]
    unplaced: tuple[Spot, ...]
    desk: Screen = DESK

    @property
    def picture(self) -> str:
        """The static file with coasts and borders."""
        return f"img/{self.frame.name}.svg"

    @property
    def view_box(self) -> str:
        return " ".join(f"{value:.1f}" for value in self.view)

    @property
    def letters(self) -> tuple[float, float]:
        """Height of letters in units of the map, on a desk and on a phone."""
        return unit(self.view, self.desk) * self.desk[2], unit(self.view, PHONE) * PHONE[2]


def draw(spots: Iterable[Spot], frame: Frame = EUROPE, desk: Screen = DESK) -> Map:
    """The map of these sites, for a drawing that is as large as DESK on a desk, or as large as is said."""
    placed: list[tuple[Spot, float, float]] = []
    outside, unplaced = [], []
    for spot in spots:
        if spot.latitude is None or spot.longitude is None:
            unplaced.append(spot)
        elif frame.holds(spot.latitude, spot.longitude):
            placed.append((spot, *frame.place(spot.latitude, spot.longitude)))
        else:
            outside.append(spot)
    placed.sort(key=lambda item: (-(item[0].space or 0), item[0].name))  # the largest lie below and get their labels first
    placed = spread(placed, frame)
    view = _view([(x, y) for _, x, y in placed], frame)
    most = max((spot.space or 0 for spot, _, _ in placed), default=0)
    sizes = [SMALL + (LARGE - SMALL) * sqrt((spot.space or 0) / most) if most else SMALL for spot, _, _ in placed]
    pixel, small = unit(view, desk), unit(view, PHONE)
    wide, phone = _labels(placed, sizes, view, pixel, pixel * desk[2]), _labels(placed, sizes, view, small, small * PHONE[2])
    marks = tuple(
        MapMarker(spot, round(x, 1), round(y, 1), round(size * pixel, 2), one, other, round(size * small * 0.75, 2))
        for (spot, x, y), size, one, other in zip(placed, sizes, wide, phone, strict=True)
    )
    return Map(frame, view, marks, tuple(outside), tuple(unplaced), desk)


def unit(view: Box, screen: Screen) -> float:
    """Units of the map in a pixel, as the browser fits the one into the other."""
    return max(view[2] / screen[0], view[3] / screen[1])


def spread(placed: Sequence[tuple[Spot, float, float]], frame: Frame) -> list[tuple[Spot, float, float]]:
    """Storage elements of one site stand side by side, not on one another."""
    step, taken, found = frame.width * 0.012, dict[tuple[int, int], int](), []
    for spot, x, y in placed:
        key = round(x / 4), round(y / 4)
        before = taken.get(key, 0)
        taken[key] = before + 1
        found.append((spot, x + before * step, y))
    return found


def _view(points: Sequence[tuple[float, float]], frame: Frame) -> Box:
    """The part of the frame around all points; all of it where they are far from each other."""
    whole = (0.0, 0.0, float(frame.width), float(frame.height))
    if not points:
        return whole
    xs, ys = [x for x, _ in points], [y for _, y in points]
    free = 1 / (1 - 2 * BORDER)
    width = max((max(xs) - min(xs)) * free, (max(ys) - min(ys)) * free * WIDE, frame.width * LEAST)
    if width > frame.width:
        return whole
    height = min(width / WIDE, float(frame.height))
    left = min(max((max(xs) + min(xs) - width) / 2, 0.0), frame.width - width)
    top = min(max((max(ys) + min(ys) - height) / 2, 0.0), frame.height - height)
    return round(left, 1), round(top, 1), round(width, 1), round(height, 1)


def _labels(placed: Sequence[tuple[Spot, float, float]], sizes: Sequence[float], view: Box, unit: float, high: float) -> list[Label]:
    """Right of the mark, left of it, below or above: the first place where nothing stands yet and no edge is."""
    taken: list[Box] = [
        (x - size * unit, y - size * unit, x + size * unit, y + size * unit) for (_, x, y), size in zip(placed, sizes, strict=True)
    ]
    labels = []
    for number, ((spot, x, y), size) in enumerate(zip(placed, sizes, strict=True)):
        long, gap = len(spot.name) * LETTER * high, (size + 4) * unit
        options = (
            (Label(x + gap, y + high * 0.35, "start"), (x + gap, y - high / 2, x + gap + long, y + high / 2)),
            (Label(x - gap, y + high * 0.35, "end"), (x - gap - long, y - high / 2, x - gap, y + high / 2)),
            (Label(x, y + gap + high * 0.8, "middle"), (x - long / 2, y + gap, x + long / 2, y + gap + high)),
            (Label(x, y - gap, "middle"), (x - long / 2, y - gap - high, x + long / 2, y - gap)),
        )
        others = taken[:number] + taken[number + 1 :]
        free = next((option for option in options if _inside(option[1], view) and not any(_meet(option[1], box) for box in others)), None)
        label, box = free or (_hidden(options[0][0] if x < view[0] + view[2] / 2 else options[1][0]), None)
        if box:
            taken.append(box)
        labels.append(Label(round(label.x, 1), round(label.y, 1), label.anchor, label.hidden))
    return labels


def _hidden(label: Label) -> Label:
    return Label(label.x, label.y, label.anchor, hidden=True)


def _inside(box: Box, view: Box) -> bool:
    return box[0] >= view[0] and box[1] >= view[1] and box[2] <= view[0] + view[2] and box[3] <= view[1] + view[3]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
