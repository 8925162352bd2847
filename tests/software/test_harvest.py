"""Harvesting from a real records server into PostgreSQL."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from celery.exceptions import Retry
from django.utils import timezone

from catalog.software import tasks, worker
from catalog.software.models import ABANDONED, Entry, Harvest, Version
from tests.devstack.records_server import make_entry
from tests.software.conftest import StartServer, source
from vre_portal.services import Service, ServiceKind

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def harvested(service: Service, **options: Any) -> Harvest:
    run = worker.harvest(service, **options)
    assert run is not None
    return run


def test_everything_is_harvested_and_versions_are_gathered_under_their_concept(start: StartServer) -> None:
    run = harvested(source(start()))
    assert (run.state, run.error, run.records, run.requests) == ("done", "", 37, 1)
    eossr = Entry.objects.get(concept="5524912")
    assert (eossr.version, eossr.doi, eossr.versions.count()) == ("2.3.1", "10.5281/zenodo.19981311", 9)
    assert eossr.creators[0]["orcid"] == "0000-0002-5686-2078"
    assert Entry.objects.listed().count() == 29


def test_an_unknown_doi_stays_unknown(start: StartServer) -> None:
    harvested(source(start()))
    entry = Entry.objects.get(title="R3BRoot")
    assert (entry.doi, entry.concept_doi) == ("", "")
    assert entry.identifier == entry.address


def test_a_second_harvest_costs_one_request(start: StartServer) -> None:
    server = start([make_entry(number) for number in range(51)], RECORDS_OAI_PAGE="50")  # a server, and a log, of its own
    assert harvested(source(server)).requests == 2
    again = harvested(source(server))
    assert (again.state, again.records) == ("done", 0)
    server.stop()
    assert ["from=" in line for line in server.requests if "ListRecords" in line] == [False, False, True]


def test_a_harvest_that_is_repeated_whole_changes_nothing(start: StartServer) -> None:
    service = source(start())
    harvested(service)
    before = list(Entry.objects.values_list("pk", "title", "record"))
    assert harvested(service, full=True).state == "done"
    assert list(Entry.objects.values_list("pk", "title", "record")) == before
    assert Version.objects.count() == 37


def test_only_what_changed_is_fetched(start: StartServer) -> None:
    server = start([make_entry(number) for number in range(3)])
    harvested(source(server))
    changed = make_entry(1, "Renamed")
    changed["versions"][0]["updated"] = timezone.now().isoformat()
    server.put([make_entry(0), changed, make_entry(2)])
    assert harvested(source(server)).records == 1
    assert set(Entry.objects.values_list("title", flat=True)) == {"Tool 0", "Renamed", "Tool 2"}


def test_an_outage_keeps_what_is_known(start: StartServer) -> None:
    server = start()
    harvested(source(server))
    server.stop()
    run = harvested(source(server))
    assert (run.state, run.error) == ("failed", "Test records cannot be reached.")
    assert Entry.objects.listed().count() == 29
    server.start()
    assert harvested(source(server)).state == "done"


def test_what_the_source_no_longer_lists_is_hidden_after_a_look_at_everything(start: StartServer) -> None:
    server = start([make_entry(number) for number in range(5)])
    harvested(source(server))
    server.put([make_entry(number) for number in range(4)])
    assert harvested(source(server)).removed == 0
    assert harvested(source(server), full=True).removed == 1
    assert list(Entry.objects.filter(deleted=True).values_list("title", flat=True)) == ["Tool 4"]


def test_a_source_that_suddenly_lists_nothing_is_not_believed(start: StartServer) -> None:
    server = start([make_entry(number) for number in range(5)])
    harvested(source(server))
    server.put([])
    run = harvested(source(server), full=True)
    assert run.state == "failed"
    assert "nothing was removed" in run.error
    assert Entry.objects.listed().count() == 5


def test_a_header_that_says_deleted_hides_the_entry_and_a_new_version_brings_it_back(start: StartServer) -> None:
    server = start([make_entry(1), make_entry(2)], RECORDS_OAI_DELETED="transient")
    harvested(source(server))
    gone = make_entry(1, deleted=True)
    gone["versions"][0]["updated"] = timezone.now().isoformat()
    server.put([gone, make_entry(2)])
    harvested(source(server))
    assert Entry.objects.get(title="Tool 1").deleted
    gone["deleted"] = False
    server.put([gone, make_entry(2)])
    harvested(source(server))
    assert not Entry.objects.get(title="Tool 1").deleted


def test_when_the_newest_version_goes_the_one_before_speaks(start: StartServer) -> None:
    versions = [{"doi": f"10.5281/zenodo.{number}", "version": f"v{number}", "published": "2026"} for number in (701, 702)]
    entry = make_entry(1, concept_doi="10.5281/zenodo.700", versions=versions)
    server = start([entry, *(make_entry(number) for number in range(2, 6))])
    harvested(source(server))
    server.put([{**entry, "versions": versions[:1]}, *(make_entry(number) for number in range(2, 6))])
    harvested(source(server), full=True)
    found = Entry.objects.get(concept="700")
    assert (found.version, found.doi, found.deleted) == ("v701", "10.5281/zenodo.701", False)


def test_a_pause_is_kept_when_asked_for_and_only_then(start: StartServer) -> None:
    pauses: list[float] = []
    server = start([make_entry(number) for number in range(5)], RECORDS_RATE_SEARCH="1")
    run = worker.harvest(source(server), pause=pauses.append)
    assert run is not None
    # The start's own question used the one request of this minute, so every try is told to wait (or a minute began between).
    assert run.state == "done" or len(pauses) == 3
    assert all(1 <= pause <= 60 for pause in pauses)


def test_an_old_token_begins_the_harvest_again(start: StartServer) -> None:
    server = start([make_entry(number) for number in range(5)], RECORDS_OAI_PAGE="2", RECORDS_OAI_TOKEN_SECONDS="-1")
    run = harvested(source(server))
    assert run.state == "failed"
    server.stop()
    assert len([line for line in server.requests if "metadataPrefix" in line]) == 2
    assert Entry.objects.count() == 2, "what came before is kept"


def test_two_harvests_of_one_source_do_not_run_at_once_unless_the_first_was_abandoned(start: StartServer) -> None:
    service = source(start([make_entry(1)]))
    stuck = Harvest.objects.begin("ossr", since=None)
    assert stuck is not None
    assert worker.harvest(service) is None
    Harvest.objects.update(heard_at=timezone.now() - ABANDONED * 2)
    assert harvested(service).state == "done"
    stuck.refresh_from_db()
    assert stuck.state == "failed"


def test_records_of_another_set_are_not_taken(start: StartServer) -> None:
    server = start([make_entry(1), make_entry(2, communities=["elsewhere"])])
    everything = Service(ServiceKind.ZENODO, "ossr", "Test records", server.url, options={"set": "user-nobody"})
    assert harvested(everything).records == 0


def test_the_task_asks_a_failing_source_again_and_then_leaves_it_for_the_hour(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start([make_entry(1)])
    service = source(server)
    monkeypatch.setattr(tasks, "service", lambda kind, name: service)
    tasks.harvest_one("ossr")
    assert Harvest.objects.get().state == "done"
    server.stop()
    with pytest.raises(Retry):
        tasks.harvest_one("ossr")
    tasks.harvest_one.push_request(called_directly=True, retries=tasks.harvest_one.max_retries)
    try:
        tasks.harvest_one.run("ossr")
    finally:
        tasks.harvest_one.pop_request()
    assert Harvest.objects.filter(state="failed").count() == 2


class Hostile(BaseHTTPRequestHandler):
    """Answers that the real server never gives."""

    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def hostile() -> Iterator[Service]:
    with HTTPServer(("127.0.0.1", 0), Hostile) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Service(ServiceKind.ZENODO, "ossr", "Test records", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>maintenance</html>",
        b"not xml at all",
        b"",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">&b;</OAI-PMH>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"/>',
        b"x" * (9 * 1024 * 1024),
    ],
    ids=["html", "text", "empty", "entities", "external", "huge"],
)
def test_an_answer_that_is_not_oai_is_a_failed_harvest_and_nothing_else(hostile: Service, body: bytes) -> None:
    Hostile.body = body
    run = harvested(hostile)
    assert run.state == "failed"
    assert "Test records" in run.error
