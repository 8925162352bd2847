"""Operators see with the services whether workflow specifications can be read in isolation, by what, and what is missing."""

from typing import Any

import pytest
from django.test import Client

from tests.page_text import text_of
from vre_portal import isolation_status, tasks
from vre_portal.confinement import Isolation
from vre_portal.models import ServiceState

pytestmark = pytest.mark.django_db


def told(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/status.json").json()["isolation"]
    return found


def row(client: Client) -> str:
    page = client.get("/status/").content
    return text_of(page.split(b'id="portal-isolation"', 1)[1].split(b"</tr>", 1)[0])


def test_before_the_first_look_nothing_is_known(client: Client) -> None:
    assert told(client) == {"state": "unknown", "since": None, "checked_at": None, "detail": "Not checked yet."}
    assert "Reading of workflow specifications" in row(client)


def test_what_isolates_is_named(client: Client) -> None:
    isolation_status.check()
    found = told(client)
    assert found["state"] == "up"
    assert found["detail"].startswith("Isolated by: Landlock, seccomp")
    assert found["detail"] in row(client)


def test_what_is_missing_is_named_and_what_follows_from_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_status, "isolation", lambda: Isolation(False, (), "The system has no Landlock."))
    isolation_status.check()
    assert (told(client)["state"], told(client)["detail"]) == ("degraded", "The system has no Landlock.")
    assert "The system has no Landlock. Snakemake, CWL and Yadage workflows are not checked and have no graph." in row(client)


def test_since_moves_only_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    isolation_status.check()
    first = ServiceState.objects.get()
    isolation_status.check()
    second = ServiceState.objects.get()
    assert first.since == second.since
    assert first.checked_at < second.checked_at


def test_the_worker_looks_with_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.health, "check_all", lambda: None)
    tasks.check_services()
    assert ServiceState.objects.filter(kind="portal", name="isolation", state="up").exists()


def test_no_outage_is_reported_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no service, and who uses it sees it where it is missing."""
    monkeypatch.setattr(isolation_status, "isolation", lambda: Isolation(False, (), "x"))
    isolation_status.check()
    tasks.incidents.look()
    assert ServiceState.objects.get().incident_at is None
