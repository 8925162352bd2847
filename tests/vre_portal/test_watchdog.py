"""A worker that receives nothing although messages wait is told from one that is idle, busy, or without a broker."""

import time

import pytest
from celery import Celery
from celery.signals import task_revoked
from celery.worker import state

from vre_portal import watchdog
from vre_portal.watchdog import Watch


class Queue(Watch):
    """A watch over a queue of a given length."""

    length = 1

    def waiting(self) -> bool:
        return bool(self.length)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(watchdog, "PATIENCE_SECONDS", -1.0)  # any time without a move is too long
    made = Queue(Celery(set_as_current=False), room=2)
    made.received = sum(state.total_count.values()) + watchdog._discarded.total()
    return made


def test_messages_that_wait_and_none_that_comes_mean_stuck(watch: Queue) -> None:
    before = watch.since
    assert watch.is_stuck()
    assert watch.since == before


def test_a_worker_that_waits_for_a_processor_is_slow_and_not_stuck(watch: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE_SECONDS", 15.0)
    watch.since -= 100
    monkeypatch.setattr(watchdog, "busy_seconds", lambda: watch.busy_then + 90)
    assert not watch.is_stuck()
    monkeypatch.setattr(watchdog, "busy_seconds", lambda: watch.busy_then + 80)
    assert watch.is_stuck()
    watch.since -= 250
    monkeypatch.setattr(watchdog, "busy_seconds", lambda: watch.busy_then + 340)
    assert watch.is_stuck()  # one that runs and receives nothing is of no use either


def test_a_thread_that_computes_is_busy_and_one_that_sleeps_is_not() -> None:
    begin, before = time.process_time(), watchdog.busy_seconds()
    while time.process_time() - begin < 0.2:
        pass
    between = watchdog.busy_seconds()
    assert between - before >= 0.15
    assert watchdog.busy_seconds() - between < 5


def test_an_empty_queue_is_rest(watch: Queue) -> None:
    watch.length, before = 0, watch.since
    watch.is_stuck()
    assert watch.since > before


def test_a_message_that_came_is_a_move(watch: Queue) -> None:
    watch.received, before = watch.received - 1, watch.since
    watch.is_stuck()
    assert watch.since > before


def test_a_message_that_was_thrown_away_because_it_came_too_late_is_a_move(watch: Queue) -> None:
    watch.is_stuck()
    before = watch.since
    task_revoked.send(sender=None, expired=True)
    watch.is_stuck()
    assert watch.since > before


def test_a_worker_without_room_is_busy(watch: Queue) -> None:
    watch.room, before = 0, watch.since
    watch.is_stuck()
    assert watch.since > before


def test_a_broker_that_is_away_is_no_fault_of_the_worker() -> None:
    assert not Watch(Celery(broker="redis://127.0.0.1:1/0", set_as_current=False), room=2).waiting()
