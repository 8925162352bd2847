"""When a lake is looked at: at once where it never was, once in each period, and after a failure soon and then ever later."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from datalake.sites import schedule, tasks, worker
from datalake.sites.models import Look
from vre_portal.http import RemoteUnavailable
from vre_portal.services import Service, ServiceKind, services

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


class Clock:
    """The time as the schedule sees it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = START
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def goes_on(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[str]:
    """The lakes that were sampled; nothing else is asked."""
    settings.LAKE_SITES_SECONDS = 3600.0
    done: list[str] = []
    monkeypatch.setattr(worker, "sample", named("sample", lambda lake: done.append(lake.name)))
    for name in ("read_access", "read_catalogue"):
        monkeypatch.setattr(worker, name, named(name, lambda lake: 0))
    return done


def named(name: str, work: Any) -> Any:
    work.__name__ = name
    return work


def test_the_schedule_asks_every_minute_whether_it_is_time() -> None:
    """Beat starts the first task only after its whole period: with an hour, a new portal would know nothing for an hour."""
    assert configured.CELERY_BEAT_SCHEDULE["lake-sites"]["schedule"] <= 60


def test_a_new_portal_looks_at_once_and_then_once_in_each_hour(clock: Clock, sampled: list[str]) -> None:
    lakes = len(services(ServiceKind.RUCIO))
    tasks.look()
    assert len(sampled) == lakes
    for _ in range(29):
        clock.goes_on(minutes=1)
        tasks.look()
    assert len(sampled) == lakes
    clock.goes_on(minutes=1)
    tasks.look()
    assert len(sampled) == 2 * lakes  # the next full hour
    for _ in range(24 * 6):
        clock.goes_on(seconds=605)
        tasks.look()
    assert len(sampled) == (2 + 24) * lakes  # late by a little each time, and no hour is passed over


def test_a_failure_is_tried_again_soon_and_then_later_and_later(clock: Clock, sampled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    tries, first = [], services(ServiceKind.RUCIO)[:1]

    def fails(lake: Service) -> int:
        tries.append(clock.now)
        raise RemoteUnavailable("away", service=lake)

    monkeypatch.setattr(tasks, "services", lambda _: first)
    monkeypatch.setattr(worker, "sample", named("sample", fails))
    for _ in range(200):
        tasks.look()
        clock.goes_on(minutes=1)
    pauses = [round((after - before) / timedelta(minutes=1)) for before, after in pairwise(tries)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    monkeypatch.setattr(worker, "sample", named("sample", lambda lake: 3))
    clock.goes_on(hours=1)
    tasks.look()
    assert Look.objects.get(what="sample").failures == 0


def test_a_look_that_another_worker_has_in_hand_is_not_begun_and_one_that_was_killed_is_repeated(clock: Clock) -> None:
    first = schedule.begin("escape", "sample")
    assert first is not None
    clock.goes_on(minutes=1)
    assert schedule.begin("escape", "sample") is None
    clock.goes_on(minutes=10)
    second = schedule.begin("escape", "sample")
    assert second is not None
    with schedule.running(first):  # comes back late
        pass
    assert Look.objects.get().done_at is None
    with schedule.running(second):
        pass
    assert Look.objects.get().done_at == clock.now
