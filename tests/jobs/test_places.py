"""One server that hangs takes half of a worker's threads and no more; what waits for a place goes on as soon as there is one."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery import shared_task

from vre_portal.jobs import places
from vre_portal.services import ServiceKind


class Task:
    """A task whose messages are noted instead of sent."""

    name = "test.work"

    class OperationalError(Exception):
        """As Celery's tasks have one."""

    def __init__(self, *, is_broker_away: bool = False) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.is_broker_away = is_broker_away

    def apply_async(self, args: tuple[Any, ...], **_: Any) -> None:
        if self.is_broker_away:
            raise self.OperationalError
        self.sent.append(args)


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker with eight threads."""
    monkeypatch.setitem(places._worker, "threads", 8)
    places._servers.clear()
    yield
    places._servers.clear()


def test_half_of_the_threads_may_work_for_one_server_and_the_others_for_another() -> None:
    task, gate, begun = Task(), threading.Event(), threading.Barrier(5)

    def work(server: str, number: int) -> bool:
        with places.place(server, task, (number,)) as has_place:
            if has_place and server == "hangs":
                begun.wait(10)
                gate.wait(10)
            return has_place

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(work, "hangs", number) for number in range(4)]
        begun.wait(10)
        assert [work("hangs", number) for number in (5, 6, 5)] == [False] * 3
        assert work("answers", 7)
        assert task.sent == []
        gate.set()
        assert all(one.result(10) for one in waiting)
    assert task.sent == [(5,), (6,)]  # once each, the one that came first before the other
    with places.place("hangs", task, (8,)) as has_place:
        assert has_place


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_small_worker_has_one_place(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setitem(places._worker, "threads", threads)
    assert places.limit() == 1


def test_a_process_that_is_no_worker_has_places_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(places._worker, "threads", 0)
    with places.place("x", None, ()) as one, places.place("x", None, ()) as other:
        assert (one, other) == (True, True)


def test_work_that_fails_and_a_broker_that_is_away_leave_no_place_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(places._worker, "threads", 2)
    task, done = Task(is_broker_away=True), []

    @places.limited(ServiceKind.REANA, lambda number: "x")
    def work(number: int) -> None:
        with places.place("reana/long/x", task, (2,)) as has_place:
            done.append((number, has_place))
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            work(1)
    assert done == [(1, False), (1, False)]


def test_a_message_is_sent_as_its_own_task_whichever_leaves_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, tuple[Any, ...]]] = []
    monkeypatch.setattr(places, "send", lambda task, *args: sent.append((task.name, args)))
    monkeypatch.setitem(places._worker, "threads", 2)
    begun, gate = threading.Event(), threading.Event()

    def submit(pk: int) -> None:
        begun.set()
        gate.wait(10)

    def follow(_person: int, _server: str) -> None:
        """It finds no place."""

    tasks = {
        work.__name__: shared_task(name=f"tests.places.{work.__name__}")(places.limited(ServiceKind.REANA, lambda *_args: "reana")(work))
        for work in (submit, follow)
    }
    thread = threading.Thread(target=tasks["submit"].apply, args=((1,),))
    thread.start()
    begun.wait(10)
    tasks["follow"].apply((5, "reana"))
    gate.set()
    thread.join(10)
    assert sent == [("tests.places.follow", (5, "reana"))]
