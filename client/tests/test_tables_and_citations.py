"""Tables by name, and citations of what has a DOI."""

import sys

import pytest

from client.tests.portal_answers import basket, item
from client.tests.unkind_server import UnkindServer
from vre import Item, MissingPackage, NotPossible, Portal
from vre.tables import format_of

CSV = b"energy,counts\n1.5,3\n2.5,4\n"
BIBTEX = b"@software{x, title={A title}}"


def only_item(server: UnkindServer, portal: Portal, **more: object) -> Item:
    server.says("/api/basket/", basket(item(**more)))  # type: ignore[arg-type]
    return portal.basket()[0]


@pytest.mark.parametrize("name", ["spectrum.csv", "SPECTRUM.CSV"])
def test_a_table(server: UnkindServer, portal: Portal, name: str) -> None:
    pytest.importorskip("astropy")
    server.says(f"/api/data/lake/scope/{name}", CSV)
    table = only_item(server, portal, name=name).table()
    assert (table.colnames, list(table["counts"])) == (["energy", "counts"], [3, 4])


def test_a_format_can_be_named(server: UnkindServer, portal: Portal) -> None:
    pytest.importorskip("astropy")
    server.says("/api/data/lake/scope/spectrum.dat", CSV)
    found = only_item(server, portal, name="spectrum.dat")
    with pytest.raises(NotPossible, match=r'format="ascii.csv"'):
        found.table()
    assert len(server.seen) == 1
    assert len(found.table(format="ascii.csv", include_names=["energy"]).colnames) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.fits.gz", "fits"),
        ("a.FIT", "fits"),
        ("a.vot", "votable"),
        ("a.xml.gz", "votable"),
        ("a.ecsv", "ascii.ecsv"),
        ("fits", "fits"),
        ("a", None),
    ],
)
def test_formats_by_name(name: str, expected: str | None) -> None:
    assert format_of(name) == expected


def test_without_astropy_nothing_is_downloaded(server: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "astropy.table", None)
    with pytest.raises(MissingPackage, match=r"pip install astropy \(the extra \[table\]"):
        only_item(server, portal).table()
    assert len(server.seen) == 1


def test_a_citation_is_looked_up_without_the_token(
    server: UnkindServer, elsewhere: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VRE_DOI_RESOLVER", elsewhere.url)
    elsewhere.says("/10.5281/zenodo.1", BIBTEX)
    found = only_item(server, portal, doi="10.5281/zenodo.1")
    assert found.cite() == BIBTEX.decode()
    assert found.cite("text") == BIBTEX.decode()
    assert [request.headers["Accept"] for request in elsewhere.seen] == ["application/x-bibtex", "text/x-bibliography; style=apa"]
    assert not any("Authorization" in request.headers for request in elsewhere.seen)


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff" * 100, b"@" * 100_000])
def test_without_an_answer_there_is_a_short_one(
    server: UnkindServer, elsewhere: UnkindServer, portal: Portal, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setenv("VRE_DOI_RESOLVER", elsewhere.url)
    elsewhere.says("/10.5281/zenodo.1", body)
    found = only_item(server, portal, doi="10.5281/zenodo.1", title="A & {B}")
    with pytest.warns(UserWarning, match="title and the DOI alone"):
        text = found.cite()
    assert text.startswith("@misc{10_5281_zenodo_1,\n  title = {A \\& B},\n  doi = {10.5281/zenodo.1}")


@pytest.mark.parametrize("doi", [None, "", "10.1/x", "http://evil/10.5281/x", "10.5281/a b"])
def test_what_has_no_doi_says_what_to_do(server: UnkindServer, portal: Portal, doi: str | None) -> None:
    with pytest.raises(NotPossible, match=r"has no DOI\. On its page"):
        only_item(server, portal, doi=doi).cite()


def test_an_unknown_style(server: UnkindServer, portal: Portal) -> None:
    with pytest.raises(NotPossible, match='Use "bibtex" or "text"'):
        only_item(server, portal, doi="10.5281/zenodo.1").cite("apa")
