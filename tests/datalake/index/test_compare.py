"""Looking in Rucio now: what the index does not know, what is gone, what changed, with the stack's real Rucio."""

from collections.abc import Callable

import pytest
from django.test import Client

from datalake.index import tasks
from tests.datalake.index.entries import Fill, fact
from vre_portal.iam.models import User

pytestmark = [pytest.mark.integration("rucio", "iam"), pytest.mark.django_db(transaction=True)]
LAKE = "/datalake/escape/"
KM3NET = "KM3NET_ECAP_SP"
Visitor = Callable[[str], Client]


@pytest.fixture
def renewed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lakes whose index was asked to be renewed."""
    asked: list[str] = []
    monkeypatch.setattr(tasks.sync_one, "delay", asked.append)
    return asked


def difference(client: Client, query: str) -> set[tuple[str, str]]:
    return {(item["what"], item["name"]) for item in client.get(f"{LAKE}compare/?{query}&format=json").json()["items"]}


def test_what_differs_is_said_and_the_index_renewed(visitor: Visitor, fill: Fill, people: dict[str, User], renewed: list[str]) -> None:
    fill(KM3NET, [fact("aeff.fits", bytes=11520), fact("edisp.fits", bytes=1), fact("gone.fits")])
    found = difference(visitor("lead"), f"scope={KM3NET}&pattern=*.fits&type=file")
    assert found == {("gone", "gone.fits"), ("changed", "edisp.fits"), ("new", "bkg_mu.fits"), ("new", "bkg_nu.fits"), ("new", "psf.fits")}
    assert renewed == ["escape"]


def test_where_nothing_differs_that_is_said(visitor: Visitor, fill: Fill, renewed: list[str]) -> None:
    fill(KM3NET, [fact("aeff.fits", bytes=11520, metadata={"experiment": "KM3NeT"})])
    client = visitor("lead")
    assert difference(client, "key=experiment&op=eq&value=KM3NeT") == set()
    assert renewed == []
    page = client.get(f"{LAKE}compare/?key=experiment&op=eq&value=KM3NeT").content.decode()
    assert "Rucio and the index agree on the 1 result on this page." in page
    assert "Rucio cannot run this search itself, so new matches are not shown." in page
    fragment = client.get(f"{LAKE}compare/?scope={KM3NET}&pattern=aeff.fits", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "Rucio and the index agree on the 1 result on this page." in fragment


def test_somebody_without_an_account_cannot_look(visitor: Visitor, fill: Fill, client: Client) -> None:
    fill(KM3NET, [fact("aeff.fits")])
    assert visitor("newcomer").get(f"{LAKE}compare/?pattern=fits").status_code == 403
    assert client.get(f"{LAKE}compare/?pattern=fits").status_code == 302


def test_who_has_an_account_is_asked_of_the_lake(visitor: Visitor, fill: Fill) -> None:
    fill("user.lead", [fact("mine")])
    assert [item["name"] for item in visitor("lead").get(f"{LAKE}?pattern=mine&format=json").json()["items"]] == ["mine"]
    newcomer = visitor("newcomer")
    page = newcomer.get(f"{LAKE}?pattern=mine")
    assert page.status_code == 200
    assert "Showing public data only." in page.content.decode()
    assert newcomer.get(f"{LAKE}?pattern=mine&format=json").json()["items"] == []
