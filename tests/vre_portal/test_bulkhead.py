"""A server that hangs holds a few pages; the others are told at once, and slow answers are answers."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.http import HttpRequest, HttpResponse

from tests.vre_portal.servers import Handler, hanging, serving
from vre_portal import bulkhead
from vre_portal.http import RemoteUnavailable, request, waiting_for
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.timed
LONG = 10.0


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Threads that serve pages."""
    with ThreadPoolExecutor(12) as pool:
        yield pool


def page_of(person: str, call: Callable[[], Any]) -> Any:
    """What a page of this person's browser gets from a call."""
    found: list[Any] = []

    def view(_: HttpRequest) -> HttpResponse:
        found.append(call())
        return HttpResponse()

    asked = HttpRequest()
    asked.COOKIES[settings.SESSION_COOKIE_NAME] = person
    bulkhead.PageBulkhead(view)(asked)
    return found[0]


def test_people_are_known_by_their_session_and_programs_by_their_token() -> None:
    def key(session: str = "", token: str = "") -> str:
        request = HttpRequest()
        request.COOKIES = {settings.SESSION_COOKIE_NAME: session} if session else {}
        request.META = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
        return bulkhead.person_key(request)

    assert len({key(), key(session="a"), key(session="b"), key(token="a"), key(token="b")}) == 5
    assert key(session="a", token="x") == key(session="a", token="y")
    assert "secret" not in key(token="secret")


class Gate:
    """A server that answers when it is let, and knows how many wait."""

    def __init__(self) -> None:
        self.arrived, self.open = threading.Semaphore(0), threading.Event()

    def __call__(self, handler: Handler) -> None:
        self.arrived.release()
        assert self.open.wait(LONG)
        handler.whole(b"late")

    def wait_for(self, many: int) -> None:
        for _ in range(many):
            assert self.arrived.acquire(timeout=LONG)


@pytest.fixture
def gate() -> Gate:
    return Gate()


def asking(crowd: ThreadPoolExecutor, service: Service, person: str) -> Future[Any]:
    return crowd.submit(page_of, person, lambda: request(service, "GET", "/x", deadline=LONG, timeout=(1, LONG)).text)


def test_while_a_server_hangs_other_pages_are_told_at_once_and_other_servers_answer(
    crowd: ThreadPoolExecutor, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEB_THREADS = 4  # of which one may wait for a server that hangs
    monkeypatch.setattr(bulkhead, "HANGING_AFTER_SECONDS", -1.0)
    arrived = threading.Event()
    with serving(lambda it: it.whole(b"well")) as (well, _):
        with hanging(lambda _: arrived.set()) as url:
            silent = Service(ServiceKind.REANA, f"silent-{url[-5:]}", "Silent service", url)
            first = asking(crowd, silent, "ann")
            assert arrived.wait(LONG)
            begin = time.monotonic()
            with pytest.raises(RemoteUnavailable, match="Silent service is not responding at the moment"):
                page_of("bob", lambda: request(silent, "GET", "/x", deadline=LONG))
            assert page_of("bob", lambda: request(well, "GET", "/x").text) == "well"
            assert time.monotonic() - begin < LONG / 2
        with pytest.raises(RemoteUnavailable):
            first.result(LONG)


def test_a_slow_answer_to_one_keeps_nobody_else_from_theirs(crowd: ThreadPoolExecutor, settings: LazySettings, gate: Gate) -> None:
    settings.WEB_THREADS = 8
    with serving(gate) as (slow, _):
        pages = [asking(crowd, slow, person) for person in ("ann", "ann", "bob", "cleo", "dan")]
        gate.wait_for(5)
        gate.open.set()
        assert [page.result(LONG) for page in pages] == ["late"] * 5


def test_who_comes_when_all_places_are_taken_gets_the_next_one(
    crowd: ThreadPoolExecutor, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    settings.WEB_THREADS = 4
    monkeypatch.setattr(bulkhead, "HANGING_AFTER_SECONDS", LONG)
    monkeypatch.setattr(bulkhead, "WAIT_SECONDS", LONG)
    with serving(gate) as (busy, seen):
        pages = [asking(crowd, busy, person) for person in ("ann", "bob", "cleo")]
        gate.wait_for(3)
        pages.append(asking(crowd, busy, "dan"))
        assert not gate.arrived.acquire(timeout=0.2)
        assert len(seen.lines) == 3
        gate.open.set()
        assert [page.result(LONG) for page in pages] == ["late"] * 4


def test_one_persons_pages_leave_half_of_the_places_to_others(
    crowd: ThreadPoolExecutor, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    settings.WEB_THREADS = 8  # six may wait, three of one person
    monkeypatch.setattr(bulkhead, "HANGING_AFTER_SECONDS", LONG)
    monkeypatch.setattr(bulkhead, "WAIT_SECONDS", 0.0)
    with serving(gate) as (busy, _):
        pages = [asking(crowd, busy, "ann") for _ in range(3)]
        gate.wait_for(3)
        with pytest.raises(RemoteUnavailable, match="is too busy at the moment"):
            page_of("ann", lambda: request(busy, "GET", "/x"))
        pages.append(asking(crowd, busy, "bob"))
        gate.wait_for(1)
        gate.open.set()
        assert [page.result(LONG) for page in pages] == ["late"] * 4


def test_a_task_waits_whatever_the_pages_do(
    crowd: ThreadPoolExecutor, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    settings.WEB_THREADS = 1
    monkeypatch.setattr(bulkhead, "HANGING_AFTER_SECONDS", -1.0)
    with serving(gate) as (slow, _):
        pages = [asking(crowd, slow, "ann"), *(crowd.submit(lambda: request(slow, "GET", "/x", deadline=LONG).text) for _ in range(3))]
        gate.wait_for(4)
        gate.open.set()
        assert [page.result(LONG) for page in pages] == ["late"] * 4


def test_an_answer_ends_the_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "HANGING_AFTER_SECONDS", -1.0)
    service = Service(ServiceKind.REANA, "silence", "X", "http://127.0.0.1:9")

    def ask() -> None:
        with waiting_for(service):
            pass

    page_of("ann", ask)
    assert bulkhead.server(service).is_hanging
    bulkhead.answered(bulkhead.server(service))
    assert not bulkhead.server(service).is_hanging


def test_a_storage_that_hangs_is_not_its_lake() -> None:
    lake = Service(ServiceKind.RUCIO, "x", "Lake", "https://rucio.example.org")
    assert bulkhead.server(lake, "https://storage.example.org/file") is not bulkhead.server(lake)
    assert bulkhead.server(lake, "https://rucio.example.org/dids") is bulkhead.server(lake)
