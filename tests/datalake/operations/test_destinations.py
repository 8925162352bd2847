"""Places to choose: what each has room for, why it has none, and one checkbox for its line and its mark on the map."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from datalake.operations.destinations import Choice, choices
from datalake.rucio import AccountUsage, Rse
from tests.datalake.operations.elements import SCOPE, limit, root
from vre_portal.services import ServiceKind, service

HERE = "/datalake/escape/make-available/"
GB = 10**9


@pytest.mark.parametrize(
    ("rse", "usage", "state", "words"),
    [
        (Rse("A", used=GB, total=3 * GB), AccountUsage("A", GB, 1, 4 * GB), "open", "3.0 GB of 4.0 GB quota left, 2.0 GB free"),
        (Rse("A"), AccountUsage("A", GB, 1, None), "open", "no quota limit"),
        (Rse("A"), None, "open", ""),
        (Rse("A", used=5, total=9), AccountUsage("A", 7, 1, 7), "full", "your quota is used up, needs approval, 4 B free"),
        (Rse("A"), AccountUsage("A", 0, 0, 0), "full", "you have no quota here, needs approval"),
        (Rse("A", used=9, total=9), AccountUsage("A", 0, 0, 7), "full", "storage is full, needs approval, 0 B free"),
        (Rse("A", writable=False, used=5, total=9), AccountUsage("A", 0, 0, 7), "off", "writing is disabled"),
    ],
)
def test_a_place_says_what_it_has_room_for_or_why_not(rse: Rse, usage: AccountUsage | None, state: str, words: str) -> None:
    found = Choice(rse, usage)
    assert (found.state, found.words) == (state, words)


def test_each_place_has_one_mark_where_its_place_is_known_and_what_takes_no_data_is_not_chosen() -> None:
    rses = {
        "A": Rse("A", latitude=50.0, longitude=8.0),
        "B": Rse("B"),
        "C": Rse("C", latitude=-30.0, longitude=20.0),
        "D": Rse("D", latitude=45.0, longitude=11.0, writable=False),
    }
    found, picture = choices(service(ServiceKind.RUCIO, "escape"), rses, [AccountUsage("A", 0, 0, 5)], ["A", "D"], ["B"])
    assert [(item.rse.name, item.mark is not None, item.chosen, item.meant) for item in found] == [
        ("A", True, True, False), ("B", False, False, True), ("C", False, False, False), ("D", True, False, False)
    ]  # fmt: skip
    assert [item.usage.limit if item.usage else None for item in found] == [5, 0, 0, 0]  # no limit there is nothing there
    assert ([spot.name for spot in picture.outside], [spot.name for spot in picture.unplaced]) == (["C"], ["B"])
    unknown, _ = choices(service(ServiceKind.RUCIO, "escape"), rses, None, [], [])
    assert [item.usage for item in unknown] == [None] * 4


def places(page: bytes) -> dict[str, str]:
    """The label of each place."""
    found = re.findall(r'<label class="place".*?</label>', page.decode(), re.DOTALL)
    return {re.search(r'value="([^"]+)"', item)[1]: item for item in found}  # type: ignore[index]


@pytest.mark.integration("rucio", "iam")
@pytest.mark.django_db(transaction=True)
def test_the_step_shows_all_places_on_the_map_and_says_which_take_no_data(
    visitor: Callable[[str], Client], rse: Callable[..., str]
) -> None:
    shut, poor, client = rse(latitude="48.8", longitude="2.3"), rse(latitude="51.5", longitude="0.1"), visitor("member")
    limit(poor, 0)
    assert root("PUT", f"/rses/{shut}", json={"availability_write": False}).status_code == 201
    values = {"dids": f"{SCOPE}:x", "rse": ["DEMO-BOLOGNA", shut], "step": "where", "expression": "DEMO-ANNECY"}
    found = places(client.get(HERE, values).content)
    drawn = {name for name, label in found.items() if "place-mark" in label}
    assert {"DEMO-ANNECY", "DEMO-BOLOGNA", "DEMO-ERLANGEN", shut, poor} <= drawn
    assert {name for name, label in found.items() if " checked" in label} == {"DEMO-BOLOGNA"}
    assert "10.0 GB quota left" in found["DEMO-BOLOGNA"]
    assert "writing is disabled" in found[shut]
    assert " disabled" in found[shut]
    assert "you have no quota here, needs approval" in found[poor]
    assert " disabled" not in found[poor]
    assert [name for name, label in found.items() if 'class="ring"' in label] == ["DEMO-ANNECY"]
    assert all(label.count("<input") == 1 for label in found.values())
