"""A record that cannot be read or stored costs only itself, wherever it stands, and is counted on the page."""

from collections.abc import Iterator
from http.server import HTTPServer
from threading import Thread

import pytest
from django.test import Client

from catalog.software import datacite, worker
from catalog.software.models import Entry, Harvest, Version
from tests.software.test_harvest import Hostile, harvested
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
HEAD = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-28T00:00:00Z</responseDate><ListRecords>'
DATACITE = '<resource xmlns="http://datacite.org/schema/kernel-4"><titles><title>Tool {0}</title></titles>{1}</resource>'
BAD = {
    "without a header": "<record><metadata/></record>",
    "without an identifier": "<record><header/><metadata/></record>",
    "with an odd identifier": "<record><header><identifier>oai:x:../../etc</identifier></header><metadata/></record>",
    "without a description": "<record><header><identifier>oai:x:900</identifier></header><metadata/></record>",
}


@pytest.fixture
def source() -> Iterator[Service]:
    with HTTPServer(("127.0.0.1", 0), Hostile) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield Service(ServiceKind.ZENODO, "ossr", "Test records", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def record(number: int, more: str = "") -> str:
    described = DATACITE.format(number, more)
    return f"<record><header><identifier>oai:x:{number}</identifier></header><metadata>{described}</metadata></record>"


def serve(*records: str, place: int = 0, bad: str = "") -> None:
    found = list(records)
    if bad:
        found.insert(place, bad)
    Hostile.body = f"{HEAD}{''.join(found)}</ListRecords></OAI-PMH>".encode(errors="surrogatepass")


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", BAD)
def test_a_record_that_cannot_be_read_costs_itself_and_is_counted(source: Service, bad: str, place: int) -> None:
    serve(record(1), record(2), place=place, bad=BAD[bad])
    run = harvested(source)
    assert (run.state, run.records, run.skipped) == ("done", 2, 1)
    assert Entry.objects.listed().count() == 2


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("step", ["read", "stored"])
def test_an_error_over_one_record_leaves_its_neighbours(source: Service, step: str, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name = (datacite, "kind") if step == "read" else (worker, "describe")
    whole = getattr(module, name)

    def breaking(*arguments: object) -> object:
        if step == "read" and "Tool 9" in (arguments[0][0][0].text or ""):  # type: ignore[index]
            raise ZeroDivisionError
        if step == "stored" and getattr(arguments[1], "number", "") == "9":
            Entry.objects.create(service="x" * 500, concept="x", record="x", title="x")  # the database refuses it
        return whole(*arguments)

    monkeypatch.setattr(module, name, breaking)
    serve(record(1), record(2), place=place, bad=record(9))
    run = harvested(source)
    assert (run.state, run.records, run.skipped, run.skipped_unnamed) == ("done", 2, 1, 0)
    assert run.skipped_names == [["oai:x:9", "ZeroDivisionError" if step == "read" else "DataError"]]
    assert set(Entry.objects.values_list("title", flat=True)) == {"Tool 1", "Tool 2"}
    assert "1 record could not be read" in page(source)


def page(source: Service) -> str:
    from catalog.software import views

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(views, "services", lambda kind: (source,))
        return Client().get("/catalog/software/").content.decode()


def test_a_known_record_that_can_no_longer_be_read_is_not_taken_as_gone(source: Service) -> None:
    serve(record(1), record(2), record(900))
    harvested(source)
    serve(record(1), record(2), bad=BAD["without a description"])
    run = harvested(source, full=True)
    assert (run.skipped, run.removed) == (1, 0)
    assert Version.objects.filter(identifier="oai:x:900").exists()
    serve(record(1), record(2), bad=BAD["without an identifier"])  # it might be any
    assert harvested(source, full=True).removed == 0
    serve(record(1), record(2))
    assert harvested(source, full=True).removed == 1


@pytest.mark.parametrize("odd", ["\x00", "\x0b", "\x1b[31m", "&#0;", "&#x1F;", "&#xD800;", "\ud800", "\uffff", "&#1114112;"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_character_that_xml_may_not_hold_costs_only_itself(source: Service, odd: str, place: int) -> None:
    serve(record(1), record(2), place=place, bad=record(3, f"<version>1{odd}2</version>"))
    run = harvested(source)
    assert (run.state, run.error, run.records, run.skipped) == ("done", "", 3, 0)
    assert "\ufffd" in Entry.objects.get(title="Tool 3").version
    assert Harvest.objects.get().requests == 1
