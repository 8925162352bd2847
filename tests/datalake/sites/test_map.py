"""The map: where things are drawn, what is left out, and that no label lies on another."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake.sites.map import DESK, PHONE, Label, Map, Spot, draw, unit
from datalake.sites.projection import EUROPE, WORLD, equal_earth, lambert

IMAGES = Path(__file__).resolve().parents[3] / "static" / "img"
CITIES = {
    "CERN": (46.23, 6.05),
    "LAPP": (45.92, 6.16),
    "CNAF": (44.49, 11.34),
    "DESY": (53.57, 9.88),
    "GSI": (49.93, 8.68),
    "PIC": (41.50, 2.11),
    "SARA": (52.36, 4.95),
    "NORDIC": (55.71, 13.19),
}


def spots(places: dict[str, tuple[float, float]], **facts: object) -> list[Spot]:
    return [Spot(name, f"/{name}/", *place, "available", 10**12, **facts) for name, place in places.items()]  # type: ignore[arg-type]


def box(name: str, label: Label, high: float) -> tuple[float, float, float, float]:
    """Where a label's letters are."""
    long = len(name) * 0.6 * high
    left = {"start": label.x, "end": label.x - long, "middle": label.x - long / 2}[label.anchor]
    return left, label.y - high * 0.8, left + long, label.y + high * 0.2


def overlapping(found: Map, which: str) -> list[tuple[str, str]]:
    high = found.letters[0 if which == "desk" else 1]
    labels = [(mark.spot.name, getattr(mark, which)) for mark in found.marks]
    boxes = [(name, box(name, label, high)) for name, label in labels if not label.hidden]
    return [
        (one, other)
        for at, (one, a) in enumerate(boxes)
        for other, b in boxes[at + 1 :]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] - 0.5 and b[1] < a[3] - 0.5
    ]


def test_the_projection_is_the_one_of_europes_statistics() -> None:
    """EPSG:3035 on a sphere: within 20 km of the ellipsoid's values for Rome, Helsinki, Lisbon (false easting 4321, northing 3210 km)."""
    for (latitude, longitude), (east, north) in {
        (41.9, 12.5): (4528, 2092),
        (60.17, 24.94): (5145, 4208),
        (38.72, -9.14): (2664, 1948),
    }.items():
        x, y = lambert(latitude, longitude)
        assert abs(x + 4321 - east) < 25, (latitude, x + 4321)
        assert abs(3210 - y - north) < 25, (latitude, 3210 - y)


def test_equal_earth_meets_the_values_of_its_authors() -> None:
    assert equal_earth(0, 180)[0] == pytest.approx(6371 * 2.706629, rel=1e-4)
    assert equal_earth(90, 0)[1] == pytest.approx(-6371 * 1.317362, rel=1e-4)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_any_place_is_on_a_map_or_said_to_be_outside(latitude: float, longitude: float) -> None:
    for frame in (EUROPE, WORLD):
        found = draw([Spot("A", "/a/", latitude, longitude, "available")], frame)
        assert len(found.marks) + len(found.outside) == 1
        for mark in found.marks:
            assert found.view[0] <= mark.x <= found.view[0] + found.view[2]
            assert found.view[1] <= mark.y <= found.view[1] + found.view[3]


@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, 200.0), (float("nan"), 0.0), (float("inf"), 0.0)])
def test_a_place_that_is_none_is_outside(place: tuple[float, float]) -> None:
    assert [spot.name for spot in draw([Spot("A", "/a/", *place, "available")]).outside] == ["A"]


def test_the_other_side_of_the_globe_is_outside_of_europe_and_on_the_world() -> None:
    far = spots({"FERMILAB": (41.84, -88.26), "KEK": (36.15, 140.07), "ANTIPODE": (-52.0, -170.0)})
    assert {spot.name for spot in draw(far).outside} == {"FERMILAB", "KEK", "ANTIPODE"}
    assert {mark.spot.name for mark in draw(far, WORLD).marks} >= {"FERMILAB", "KEK"}


def test_who_has_no_coordinates_is_listed_and_not_invented() -> None:
    found = draw([Spot("NOWHERE", "/n/", None, None, "available"), Spot("HALF", "/h/", 50.0, None, "available")])
    assert (found.marks, {spot.name for spot in found.unplaced}) == ((), {"NOWHERE", "HALF"})


@pytest.mark.parametrize("which", ["desk", "phone"])
def test_labels_of_real_sites_do_not_lie_on_one_another(which: str) -> None:
    found = draw(spots({f"EULAKE-{name}": place for name, place in CITIES.items()}))
    assert len(found.marks) == 8
    assert overlapping(found, which) == []
    shown = [mark for mark in found.marks if not getattr(mark, which).hidden]
    assert len(shown) >= (7 if which == "desk" else 4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(36, 65), st.floats(-9, 30)), min_size=1, max_size=40))
def test_labels_never_overlap_and_stay_inside(places: list[tuple[float, float]]) -> None:
    found = draw(spots({f"SITE-{number:03}": place for number, place in enumerate(places)}))
    for which in ("desk", "phone"):
        assert overlapping(found, which) == []
        for mark in found.marks:
            label = getattr(mark, which)
            if not label.hidden:
                left, _, right, _ = box(mark.spot.name, label, found.letters[0 if which == "desk" else 1])
                assert left >= found.view[0] - 1
                assert right <= found.view[0] + found.view[2] + 1


def test_letters_have_the_same_size_on_the_screen_however_much_is_shown() -> None:
    for places in ({"A": (46.0, 6.0)}, {"A": (64.0, -21.0), "B": (36.0, 30.0)}):
        found = draw(spots(places))
        assert found.letters[0] / unit(found.view, DESK) == pytest.approx(14)
        assert found.letters[1] / unit(found.view, PHONE) == pytest.approx(12)


def test_storage_elements_of_one_site_stand_side_by_side() -> None:
    found = draw(spots({"DISK": (46.23, 6.05), "TAPE": (46.23, 6.05), "CACHE": (46.23, 6.05)}))
    assert len({mark.x for mark in found.marks}) == 3


@pytest.mark.parametrize("name", ["europe", "world"])
def test_the_maps_are_small_and_name_where_they_are_from(name: str) -> None:
    text = (IMAGES / f"{name}.svg").read_text()
    assert len(text) < 60_000
    assert "Natural Earth, public domain" in text
    assert "ISC" in text
    assert set(re.findall(r'id="(\w+)"', text)) == {"land", "borders"}
    frame = {"europe": EUROPE, "world": WORLD}[name]
    assert f'viewBox="0 0 {frame.width} {frame.height}"' in text


def inside(path: str, x: float, y: float) -> bool:
    """Whether a point is on the land of a map: crossings of a line to the left."""
    crossings = 0
    for ring in path.split("M")[1:]:
        numbers = [int(item) for item in re.findall(r"-?\d+", ring)]
        at_x, at_y = numbers[0], numbers[1]
        points = [(at_x, at_y)]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            at_x, at_y = at_x + dx, at_y + dy
            points.append((at_x, at_y))
        for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossings += 1
    return crossings % 2 == 1


def test_cities_are_on_land_and_seas_are_not() -> None:
    found = re.search(r'id="land"[^>]* d="([^"]+)"', (IMAGES / "europe.svg").read_text())
    assert found

    def on_land(latitude: float, longitude: float) -> bool:
        x, y = EUROPE.place(latitude, longitude)
        return inside(found[1], x * 5, y * 5)

    for city in ((48.85, 2.35), (52.52, 13.40), (41.9, 12.5), (40.42, -3.70), (52.23, 21.01), (59.86, 17.64), (46.23, 6.05)):
        assert on_land(*city), city
    for sea in ((56.0, 3.0), (43.0, 15.0), (39.0, 12.0), (45.0, -6.0), (43.5, 34.0), (58.0, 20.0)):
        assert not on_land(*sea), sea
