"""Alive, ready, and how the services behind the portal are."""

import socket
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from celery.signals import worker_ready
from django.test import Client

from tests.vre_portal.servers import Answer, serving
from vre_portal import health, services, tasks
from vre_portal.models import ServiceState
from vre_portal.services import ServiceKind


class Configured:
    """A services.toml of the test's own, whose services answer as they are told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stack = ExitStack()

    def service(self, kind: ServiceKind, name: str, answer: Answer | None) -> None:
        """One more service; without an answer nobody listens there."""
        if answer is None:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        else:
            url = self.stack.enter_context(serving(answer))[0].url
        with self.path.open("a") as file:
            file.write(f'[[service]]\nkind = "{kind}"\nname = "{name}"\ntitle = "The {name}"\nurl = "{url}/"\n')
        services._all.cache_clear()


@pytest.fixture
def configured(tmp_path: Path, settings: Any) -> Iterator[Configured]:
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    (tmp_path / "services.toml").write_text("")
    services._all.cache_clear()
    found = Configured(tmp_path / "services.toml")
    with found.stack:
        yield found
    services._all.cache_clear()


def status(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/status.json").json()["services"]
    return found


def test_alive_asks_nobody(client: Client, django_assert_num_queries: Any) -> None:
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_ready_when_database_and_redis_answer(client: Client) -> None:
    reply = client.get("/readyz")
    assert (reply.status_code, reply.json()) == (200, {"database": True, "redis": True})


@pytest.mark.django_db
def test_not_ready_without_redis(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    reply = client.get("/readyz")
    assert (reply.status_code, reply.json()) == (503, {"database": True, "redis": False})


@pytest.mark.django_db
def test_before_the_first_look_the_state_is_unknown(client: Client, configured: Configured) -> None:
    configured.service(ServiceKind.RUCIO, "lake", None)
    assert status(client) == [
        {
            "kind": "rucio",
            "name": "lake",
            "title": "The lake",
            "state": "unknown",
            "since": None,
            "checked_at": None,
            "detail": "Not checked yet.",
            "stopped": [],
        }
    ]
    assert "The lake" in client.get("/status/").content.decode()


@pytest.mark.django_db
def test_each_state_has_its_reason(client: Client, configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SLOW", 0.2)
    configured.service(ServiceKind.RUCIO, "well", lambda it: it.whole(b"{}"))
    configured.service(ServiceKind.RUCIO, "gone", None)
    configured.service(ServiceKind.REANA, "failing", lambda it: it.whole(b"", 500))
    configured.service(ServiceKind.ZENODO, "moved", lambda it: it.whole(b"", 404))
    configured.service(ServiceKind.TAP, "slow", lambda it: (time.sleep(0.3), it.whole(b""))[0])
    health.check_all()
    found = {item["name"]: (item["state"], item["detail"]) for item in status(client)}
    assert found["well"] == ("up", "")
    assert found["gone"] == ("down", "The gone cannot be reached.")
    assert found["failing"] == ("down", "The failing is failing (status 500).")
    assert found["moved"] == ("degraded", "Responds with status 404.")
    assert found["slow"][0] == "degraded"
    page = client.get("/status/").content.decode()
    for item in found:
        assert f"The {item}" in page


@pytest.mark.django_db
def test_since_moves_only_when_the_state_changes(client: Client, configured: Configured) -> None:
    well = [True]
    configured.service(ServiceKind.RUCIO, "lake", lambda it: it.whole(b"", 200 if well[0] else 500))

    def look() -> tuple[str, datetime, datetime]:
        health.check_all()
        row = ServiceState.objects.get()
        return row.state, row.since, row.checked_at

    first, second = look(), look()
    well[0] = False
    third, fourth = look(), look()
    assert [item[0] for item in (first, second, third, fourth)] == ["up", "up", "down", "down"]
    assert first[1] == second[1] < third[1] == fourth[1]
    assert first[2] < second[2] < third[2] < fourth[2]


@pytest.mark.django_db
def test_looking_at_the_status_asks_no_service(client: Client, configured: Configured) -> None:
    asked: list[str] = []
    configured.service(ServiceKind.RUCIO, "lake", lambda it: (asked.append(it.path), it.whole(b""))[0])
    for address in ("/", "/status/", "/status.json"):
        client.get(address)
    assert asked == []


@pytest.mark.django_db
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_service_that_cannot_be_checked_costs_only_itself(configured: Configured, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        configured.service(ServiceKind.ZENODO, f"s{number}", lambda it: it.whole(b"{}"))
    probe = health.probe

    def breaking(service: services.Service) -> tuple[str, str]:
        if service.name == f"s{place}":
            raise ZeroDivisionError
        return probe(service)

    monkeypatch.setattr(health, "probe", breaking)
    health.check_all()
    states = {row.name: (row.state, row.detail) for row in ServiceState.objects.all()}
    assert states.pop(f"s{place}") == ("down", "It could not be checked, because of an internal error of the portal.")
    assert [state for state, _ in states.values()] == ["up", "up"]


@pytest.mark.django_db
def test_a_look_of_an_app_that_fails_costs_only_itself(client: Client, configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: services.Service) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(health, "_checks", [(ServiceKind.RUCIO, broken)])
    configured.service(ServiceKind.RUCIO, "lake", None)
    configured.service(ServiceKind.REANA, "reana", None)
    found = {item["name"]: (item["state"], item["detail"]) for item in status(client)}
    assert found["lake"][0] == "degraded"
    assert "could not be read" in found["lake"][1]
    assert found["reana"] == ("unknown", "Not checked yet.")
    assert client.get("/status/").status_code == 200


def test_the_services_are_checked_when_a_worker_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bool] = []
    monkeypatch.setattr(tasks.check_services, "delay", lambda: sent.append(True))
    assert tasks.check_at_start in [ref() if isinstance(ref, weakref.ref) else ref for _, ref in worker_ready.receivers]
    tasks.check_at_start()
    assert sent == [True]
