"""Copies by distance, for those who say where they are, and for nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from defusedxml import ElementTree
from django.test import Client

from datalake import rucio
from datalake.pages import nearest
from datalake.rucio import Rse
from tests.datalake.files.test_bundles import META4, received

stack = pytest.mark.integration("rucio", "storage", "iam")
Visitor = Callable[[str], Client]
LAKE, FILE, IRF = "/datalake/escape/", "KM3NET_ECAP_SP/aeff.fits", "KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf"
PAGE = f"{LAKE}did/{FILE}"
PARIS, LONDON, SYDNEY = (48.8566, 2.3522), (51.5074, -0.1278), (-33.8688, 151.2093)


@pytest.mark.parametrize(
    ("one", "other", "km"), [(PARIS, LONDON, 344), (PARIS, SYDNEY, 16_960), ((0, 179), (0, -179), 222), (PARIS, PARIS, 0)]
)
def test_distances_go_along_great_circles(one: tuple[float, float], other: tuple[float, float], km: float) -> None:
    assert nearest.distance_km(one, other) == pytest.approx(km, rel=0.01, abs=0.1)


def test_a_site_without_coordinates_comes_last_and_is_near_to_nothing() -> None:
    sites = [Rse("A"), Rse("EQUATOR", latitude=0.0, longitude=0.0), Rse("PARIS", latitude=48.9, longitude=2.4)]
    far = nearest.distances(sites, "PARIS")
    assert sorted(["A", "EQUATOR", "PARIS"], key=lambda name: nearest.sort_key(name, far)) == ["PARIS", "EQUATOR", "A"]
    assert nearest.distances(sites, "A") == nearest.distances(sites, "<script>") == nearest.distances(sites, "") == {}


def order(reply: Any) -> list[str]:
    return [item.rse for item, *_ in reply.context["copies"]]


def whole(client: Any, query: str = "") -> Any:
    """The page with its copies: where the lake was too slow for them the page says so, and a reader loads it again."""
    for _ in range(5):
        reply = client.get(f"{PAGE}?everything=1{query}")
        if reply.context["copies_known"]:
            break
    return reply


@stack
@pytest.mark.django_db(transaction=True)
def test_copies_are_sorted_for_who_says_where_they_are_and_the_answer_is_remembered(visitor: Visitor) -> None:
    client = visitor("lead")
    plain = whole(client)
    assert order(plain) == ["DEMO-ANNECY", "DEMO-BOLOGNA"]
    assert " km<" not in plain.content.decode()
    assert "near" not in plain.cookies
    near = whole(client, "&near=DEMO-ERLANGEN")
    text = near.content.decode()
    assert "545 km" in text
    assert [round(far) for *_, far in near.context["copies"]] == [545, 567]
    assert order(whole(client, "&near=DEMO-BOLOGNA")) == ["DEMO-BOLOGNA", "DEMO-ANNECY"]
    assert order(whole(client)) == ["DEMO-BOLOGNA", "DEMO-ANNECY"]
    assert near.cookies["near"]["path"] == LAKE
    assert order(whole(client, "&near=")) == ["DEMO-ANNECY", "DEMO-BOLOGNA"]
    assert order(whole(client)) == ["DEMO-ANNECY", "DEMO-BOLOGNA"]


@stack
@pytest.mark.django_db(transaction=True)
def test_a_download_takes_the_nearest_copy_and_asks_for_places_only_then(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    client, opened, asked = visitor("lead"), list[str](), list[str]()
    real_copy, real_sites = rucio.open_copy, rucio.list_rses

    def open_copy(lake: Any, token: str, pfn: str, **options: Any) -> Any:
        opened.append(pfn.split("/")[3])
        return real_copy(lake, token, pfn, **options)

    def list_rses(*args: Any, **options: Any) -> list[Rse]:
        asked.append("places")
        return real_sites(*args, **options)

    monkeypatch.setattr(rucio, "open_copy", open_copy)
    monkeypatch.setattr(rucio, "list_rses", list_rses)
    for question in ("", "?near=DEMO-BOLOGNA", "?near=DEMO-ANNECY"):
        received(client.get(f"{LAKE}download/{FILE}{question}"))
    assert (opened, len(asked)) == (["annecy", "bologna", "annecy"], 2)
    opened.clear()
    received(client.get(f"{LAKE}zip/{IRF}?near=DEMO-BOLOGNA"))
    assert set(opened) == {"bologna"}


@stack
@pytest.mark.django_db(transaction=True)
def test_a_list_of_addresses_begins_with_the_nearest(visitor: Visitor) -> None:
    content, _ = received(visitor("lead").get(f"{LAKE}metalink/{IRF}?near=DEMO-BOLOGNA"))
    first = {item.text for item in ElementTree.fromstring(content).iter(f"{META4}url") if item.get("priority") == "1"}
    assert first
    assert all(text and "/bologna/" in text for text in first)
