"""Events while something is away: Redis, the database, the reader, the process itself. Nobody but open pages notices."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.test import Client
from django.test.utils import override_settings

from projects.workflows.models import Run
from tests.events.streams import Listening, OwnRedis, serving, wait_until
from vre_portal import events
from vre_portal.events import app as app_module
from vre_portal.events import bus
from vre_portal.events.access import Access
from vre_portal.events.app import Application
from vre_portal.events.hub import Stream

pytestmark = pytest.mark.django_db(transaction=True)
GRACE_SECONDS = 6  # three of gunicorn's, and what it needs itself


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """The portal's Redis for this test alone."""
    server = OwnRedis(tmp_path)
    with override_settings(REDIS_URL=server.url):
        yield server
    server.stop()


@pytest.fixture
def lead(run: Run, signed_in: Any) -> Client:
    browser: Client = signed_in("lead")
    return browser


def test_redis_stops_starts_again_and_is_emptied(own_redis: OwnRedis, lead: Client, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    topic = f"run-{run.pk}"
    with serving(EVENTS_STREAMS_OF_PERSON="20") as server:
        with Listening(server.port, [topic], lead) as page:
            page.opened()
            events.publish(topic, "run")
            first = page.next()
            assert first is not None
            own_redis.stop()  # for a moment: what comes afterwards is told
            own_redis.start()
            monkeypatch.setattr(bus, "_away_until", 0.0)
            events.publish(topic, "run")
            second = page.next()
            assert second is not None
            assert second.name == "change"
            own_redis.stop()  # for longer: pages have to ask by themselves, and know it
            assert page.ends(15) < 12
        begin = time.monotonic()
        events.publish(topic, "run")  # raises nothing
        events.publish(topic, "run")
        assert events.are_open([topic]) == frozenset()
        assert time.monotonic() - begin < 2
        assert server.health() == 503
        with Listening(server.port, [topic], lead) as page:
            assert page.status == 503
            assert page.reply.getheader("Retry-After")
        own_redis.start()
        wait_until(lambda: server.health() == 200, 15)
        with Listening(server.port, [topic], lead, Last_Event_ID=first.id) as page:
            page.opened()
            assert page.next() == second  # kept through all of it
            client = redis.Redis.from_url(own_redis.url)
            client.delete(bus.STREAM)
            own_redis.stop()
            own_redis.start()
            told = page.next()
            assert told is not None
            assert told.name == "gap"  # nobody knows what was in it


@pytest.mark.parametrize("readers_are_there", [True, False])
def test_the_process_ends_in_time_whether_its_readers_are_there_or_gone(lead: Client, run: Run, readers_are_there: bool) -> None:
    with serving(EVENTS_STREAMS_OF_PERSON="20") as server:
        pages = [Listening(server.port, [f"run-{run.pk}"], lead) for _ in range(5)]
        assert [page.opened() for page in pages]
        if not readers_are_there:
            for page in pages:
                page.__exit__()
        begin = time.monotonic()
        os.kill(server.process.pid, signal.SIGTERM)
        server.process.wait(30)
        assert time.monotonic() - begin < GRACE_SECONDS


def scope(**changes: Any) -> dict[str, Any]:
    known = {
        "type": "http",
        "method": "GET",
        "path": "/events/",
        "query_string": b"topic=run-1",
        "headers": [(b"cookie", b"vre_session=abcdefgh")],
    }
    return known | changes


async def never() -> dict[str, Any]:
    await asyncio.Event().wait()
    return {}


def test_a_reader_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "SEND_SECONDS", 0.2)
    monkeypatch.setattr(app_module, "access_of", lambda _key, topics: Access(1, tuple(topics)))
    application = Application()
    application.hub.away_since = None
    open_streams = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            open_streams.append(len(application.hub.streams))
            await never()

    async def opened() -> None:
        await asyncio.wait_for(application(scope(), never, send), 5)

    asyncio.run(opened())
    assert open_streams == [1]
    assert not application.hub.streams
    assert not application.hub.topics


def test_a_database_that_is_away_refuses_new_pages_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(app_module, "access_of", away)
    application = Application()
    application.hub.away_since = None
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(scope(), never, send))
    assert sent[0]["status"] == 503


def test_more_new_pages_than_can_be_asked_about_are_refused_for_now() -> None:
    application = Application()
    application.hub.away_since = None
    application._waiting = app_module.MAX_WAITING
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(scope(), never, send))
    assert sent[0]["status"] == 503


def test_a_page_about_which_nobody_could_be_asked_for_five_minutes_is_told_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(app_module, "access_of", away)

    async def check(age: float) -> bool:
        application = Application()
        stream = Stream("key", ("run-1",), Access(1, ("run-1",)))
        application.hub.open(stream, None)
        stream.checked_at = time.monotonic() - age
        await application._check(stream)
        assert stream.check_at > time.monotonic()
        return stream.is_closed

    assert asyncio.run(check(200)) is False
    assert asyncio.run(check(301)) is True
