"""All processes of the portal together ask a REANA no more often than it allows, and keep the pauses that it asks for."""

import subprocess
import sys
import time
from typing import Any

import pytest

from projects.workflows import reana
from projects.workflows.reana import pace
from tests.vre_portal.servers import serving
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service, ServiceKind

ASK = """
import sys, django
django.setup()
from projects.workflows import reana
from vre_portal.services import Service, ServiceKind
server = Service(ServiceKind.REANA, "reana", "Test", sys.argv[1], "", {"dialect": "query", "requests_per_second": 5})
for _ in range(8):
    reana.status(server, "opaque", "w")
"""
STATUS = b'{"id": "w", "name": "n.1", "status": "running"}'


def at(url: str, name: str, **options: Any) -> Service:
    return Service(ServiceKind.REANA, name, "Test", url, "", {"dialect": "query", **options})


def test_two_processes_share_what_a_server_allows() -> None:
    times: list[float] = []

    def answer(it: Any) -> None:
        times.append(time.monotonic())
        it.whole(STATUS) if "access_token" in it.path else it.whole(b"{}", 401)

    with serving(answer) as (found, _):
        both = [subprocess.Popen([sys.executable, "-c", ASK, found.url]) for _ in range(2)]
        assert [one.wait(60) for one in both] == [0, 0]
    assert len(times) >= 17
    # Half a second of room for the time between leave to ask and arrival.
    assert all(later - first > 0.5 for first, later in zip(times, times[6:], strict=False))


def test_a_pause_that_one_call_is_asked_for_holds_for_the_next_at_another_page() -> None:
    asked: list[float] = []

    def answer(it: Any) -> None:
        if "access_token" not in it.path:
            it.whole(b"{}", 401)
            return
        asked.append(time.monotonic())
        if len(asked) > 1:
            it.whole(STATUS)
            return
        it.send_response(429)
        it.send_header("Retry-After", "1")
        it.send_header("Content-Length", "0")
        it.end_headers()

    with serving(answer) as (found, _):
        assert reana.status(at(found.url, found.name), "opaque", "w").status == "running"
        assert asked[1] - asked[0] >= 1
        pace.shared.set(f"reana-pause:{found.url}", time.time() + 0.7, 5)
        begun = time.monotonic()
        reana.status(at(found.url, f"{found.name}-again"), "opaque", "w")
        assert time.monotonic() - begun >= 0.6


def test_a_server_that_is_never_free_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_WAIT", 0.2)
    server = at("http://127.0.0.1:9", "reana")
    pace.shared.set(f"reana-pause:{server.url}", time.time() + 5, 1)
    with pytest.raises(RemoteUnavailable, match="receives too many requests"):
        reana.status(server, "opaque", "w")
    pace.shared.delete(f"reana-pause:{server.url}")


def test_without_the_cache_nobody_waits(settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    begun = time.monotonic()
    for _ in range(30):
        pace.wait_for_turn(at("http://127.0.0.1:9", "reana", requests_per_second=1))
    assert time.monotonic() - begun < 5
