"""The catalogue's pages, over what a real records server gave."""

import csv
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from catalog.software import worker
from catalog.software.models import Entry
from tests.devstack.records_server import make_entry
from tests.software.conftest import StartServer, source
from vre_portal.iam.models import User

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LIST = "/catalog/software/"


def fetch(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address, headers={"host": "127.0.0.1"})
    assert response.status_code == status, address
    return response.content.decode()


def titles(client: Client, query: str) -> list[str]:
    response = client.get(f"{LIST}?format=json&{query}", headers={"host": "127.0.0.1"})
    return [item["title"] for item in response.json()["items"]]


def test_an_empty_catalogue_says_when_it_fills(client: Client) -> None:
    assert "No software yet" in fetch(client, LIST)
    assert titles(client, "") == []


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (51, 3)])
def test_a_list_of_any_length_has_its_pages(client: Client, start: StartServer, count: int, pages: int) -> None:
    worker.harvest(source(start([make_entry(number) for number in range(count)])))
    seen: list[str] = []
    address: str | None = f"{LIST}?format=json"
    for _ in range(pages):
        assert address
        body = client.get(address, headers={"host": "127.0.0.1"}).json()
        seen += [item["title"] for item in body["items"]]
        address = body["next"]
    assert address is None
    assert len(set(seen)) == count
    page = fetch(client, f"{LIST}?page=99999")
    assert (f"Page {pages} of {pages}" in page) == (pages > 1)


def test_the_list_tells_how_old_it_is_and_stays_when_the_source_is_down(client: Client, start: StartServer) -> None:
    server = start()
    worker.harvest(source(server))
    page = fetch(client, LIST)
    assert "last updated" in page
    assert "Showing data from" not in page
    server.stop()
    worker.harvest(source(server))
    page = fetch(client, LIST)
    assert "Test records cannot be reached." in page
    assert "Showing data from" in page
    assert "29 entries" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=neutrino", {"km3irf", "KM3Pipe"}),
        ("q=Vuillaume", {"eOSSR", "IndexedConv", "pyirf"}),
        ("q=blazar", {"agnpy"}),
        ("q=aladin", {"Aladin Lite", "ipyaladin"}),
        ("q=no-such-thing-at-all", set()),
        ("keyword=km3net", {"KM3Pipe", "km3irf", "km3io"}),
        ("keyword=km3net&licence=BSD-3-Clause", {"km3irf"}),
        ("licence=Apache-2.0&q=jupyter", {"Rucio JupyterLab extension"}),
    ],
)
def test_search_and_facets_find(client: Client, start: StartServer, query: str, found: set[str]) -> None:
    worker.harvest(source(start()))
    assert set(titles(client, query)) == found


@pytest.mark.parametrize("query", ["q='%22)(*:%26|!<->", "q=%25", "page=-1", "page=x", "q=" + "a" * 5000])
def test_no_query_is_an_error(client: Client, query: str) -> None:
    fetch(client, f"{LIST}?{query}")


def test_the_table_comes_as_csv_without_formulas(client: Client, start: StartServer) -> None:
    worker.harvest(source(start([make_entry(1, "=HYPERLINK(1)")])))
    (row,) = csv.DictReader(StringIO(fetch(client, f"{LIST}?format=csv")))
    assert (row["title"], row["licence"]) == ("'=HYPERLINK(1)", "MIT")


def test_an_entry_shows_its_facts_versions_and_citation(client: Client, start: StartServer) -> None:
    worker.harvest(source(start()))
    page = unescape(fetch(client, f"{LIST}5524912/"))
    for fact in ("eOSSR", "10.5281/zenodo.19981311", "10.5281/zenodo.5524913", "v0.3.3", "https://orcid.org/0000-0002-5686-2078"):
        assert fact in page
    assert "@software{vuillaume_eossr_2026," in page
    assert "doi     = {10.5281/zenodo.19981311}" in page


def test_an_organisation_is_cited_whole(client: Client, start: StartServer) -> None:
    worker.harvest(source(start()))
    page = unescape(fetch(client, f"{LIST}7638833/"))
    assert "@software{aladinlite_2026," in page
    assert "author  = {{Developers of Aladin Lite}}" in page


def test_an_entry_is_found_by_any_of_its_dois(client: Client, start: StartServer) -> None:
    worker.harvest(source(start()))
    for doi in ("10.5281/zenodo.5524912", "10.5281/zenodo.5592584"):
        response = client.get(f"{LIST}doi/{doi}", headers={"host": "127.0.0.1"})
        assert response["Location"] == f"{LIST}5524912/"
    for nothing in ("10.5281/zenodo.1", "a/b/c"):
        fetch(client, f"{LIST}doi/{nothing}", 404)
    fetch(client, f"{LIST}5524912/?service=nosuch", 404)


def test_an_entry_comes_as_json(client: Client, start: StartServer) -> None:
    worker.harvest(source(start()))
    body = client.get(f"{LIST}5524912/?format=json", headers={"host": "127.0.0.1"}).json()
    assert (body["title"], body["concept_doi"], len(body["versions"])) == ("eOSSR", "10.5281/zenodo.5524912", 9)


def test_an_entry_that_is_not_there_is_not_found_and_a_hidden_one_is_gone(client: Client, start: StartServer) -> None:
    worker.harvest(source(start([make_entry(1)])))
    fetch(client, f"{LIST}nothing/", 404)
    entry = Entry.objects.get()
    Entry.objects.update(deleted=True)
    assert "no longer lists" in fetch(client, entry.get_absolute_url(), 410)
    assert titles(client, "") == []


EVIL = "<script>alert(1)</script>"


def evil_entry() -> dict[str, Any]:
    return make_entry(
        1,
        f"{EVIL}\u202egpj",
        html=f"<p>fine</p>&lt;p&gt;{EVIL}&lt;script&gt;alert(2)&lt;/script&gt;&lt;img src=x onerror=alert(3)&gt;",
        repository="javascript:alert(4)",
        keywords=[EVIL, '"><img src=x onerror=alert(5)>'],
        licence=f"MIT{EVIL}",
        creators=[{"name": f"{EVIL}, Jo", "type": "personal", "orcid": "javascript:alert(6)", "affiliation": EVIL}],
        versions=[{"doi": None, "id": 900_010_001, "version": f"1{EVIL}", "published": f"2026{EVIL}"}],
    )


def test_text_that_would_run_is_shown_and_does_not_run(client: Client, start: StartServer) -> None:
    worker.harvest(source(start([evil_entry()])))
    for address in (LIST, Entry.objects.get().get_absolute_url()):
        page = fetch(client, address)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_only_somebody_who_signed_in_is_offered_to_add(client: Client, start: StartServer) -> None:
    worker.harvest(source(start()))
    assert "Add to project" not in fetch(client, f"{LIST}5524912/")
    client.force_login(User.objects.create(issuer="https://iam.example/", subject="1", name="Lena Lead", email="lead@vre.example"))
    page = fetch(client, f"{LIST}5524912/")
    assert 'action="/projects/resources/"' in page
    assert 'name="identifier" value="10.5281/zenodo.5524912"' in page
    assert 'hx-get="/projects/choose/?kind=software"' in page
