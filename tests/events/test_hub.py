"""What the process keeps of each page: little, however much happens and however slowly the page reads."""

import asyncio
import json
import math
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.workflows.models import Run
from vre_portal.events import hub as hub_module
from vre_portal.events import topics
from vre_portal.events.access import Access, access_of, session_key
from vre_portal.events.hub import RECHECK_SECONDS, Hub, Stream, lines_for
from vre_portal.events.window import Event, EventId, Window
from vre_portal.iam.models import User


def in_loop(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test where streams can be made."""

    @wraps(test)
    def run(*args: Any, **options: Any) -> None:
        async def body() -> None:
            test(*args, **options)

        asyncio.run(body())

    return run


def opened(hub: Hub, *names: str, place: EventId | None = None, user: int = 1) -> Stream:
    stream = Stream("key", names, Access(user, names))
    hub.open(stream, place)
    return stream


def change(hub: Hub, number: int, topic: str = "run-1") -> None:
    hub.take(EventId(number), {"topic": topic, "kind": "run"})


@in_loop
def test_a_slow_page_holds_one_event_of_each_topic() -> None:
    hub = Hub()
    stream = opened(hub, "run-1", "run-2")
    for number in range(1, 1001):
        change(hub, number, f"run-{1 + number % 2}")
    assert len(stream.pending) == 2
    text = lines_for(stream, hub.window.last).decode()
    assert [line for line in text.splitlines() if line.startswith("id:")] == ["id: 999-0", "id: 1000-0"]
    assert lines_for(stream, hub.window.last) == b""


@in_loop
def test_pages_that_listen_to_something_else_are_not_woken() -> None:
    hub = Hub()
    other, mine = opened(hub, "run-2"), opened(hub, "run-1")
    lines_for(other, hub.window.last)
    other.wake.clear()
    change(hub, 1)
    assert mine.pending
    assert not other.wake.is_set()


@in_loop
def test_a_closed_page_leaves_nothing_behind() -> None:
    hub = Hub()
    stream = opened(hub, "run-1", "bell-1")
    hub.close(stream)
    change(hub, 1)
    assert (hub.streams, hub.topics, stream.pending) == (set(), [], {})


@in_loop
def test_each_page_is_asked_about_again_within_the_time_and_not_all_at_once() -> None:
    hub = Hub()
    streams = [opened(hub, "run-1") for _ in range(50)]
    moments = [stream.check_at - stream.checked_at for stream in streams]
    assert max(moments) <= RECHECK_SECONDS < 300
    assert max(moments) - min(moments) > 10
    streams[0].check_at = time.monotonic() - 1
    assert hub.to_check() == streams[:1]


@in_loop
def test_asking_again_at_once_is_about_one_person_or_everybody() -> None:
    hub = Hub()
    mine, other = opened(hub, "run-1", user=1), opened(hub, "run-1", user=2)
    hub.take(EventId(1), {"recheck": "2"})
    assert hub.to_check() == [other]
    hub.take(EventId(2), {"recheck": "0"})
    assert set(hub.to_check()) == {mine, other}


@in_loop
def test_what_changes_while_it_is_asked_is_asked_again() -> None:
    hub = Hub()
    stream = opened(hub, "run-1")
    stream.check_at = math.inf  # as while it is asked
    hub.take(EventId(1), {"recheck": str(stream.access.user)})
    hub.checked(stream, stream.access)
    assert hub.to_check() == [stream]
    stream.check_at = math.inf
    hub.checked(stream, stream.access)
    assert hub.to_check() == []


@in_loop
def test_what_changes_before_a_page_is_open_is_asked_again() -> None:
    hub = Hub()
    asked = hub.rechecks
    early, late = Stream("key", ("run-1",), Access(1, ("run-1",))), Stream("key", ("run-1",), Access(1, ("run-1",)))
    hub.open(early, None, asked)
    assert hub.to_check() == []
    hub.take(EventId(1), {"recheck": "2"})
    hub.open(late, None, asked)
    assert hub.to_check() == [late]


@in_loop
def test_another_person_behind_the_same_session_is_not_told_what_was_asked_before() -> None:
    hub = Hub()
    stream = opened(hub, "run-1", user=1)
    hub.checked(stream, Access(2, ("run-1",)))
    assert stream.is_closed


@in_loop
def test_a_page_that_closed_while_it_was_asked_about_is_not_opened_again() -> None:
    hub = Hub()
    stream = opened(hub, "run-1")
    hub.close(stream)
    hub.checked(stream, Access(1, ("run-1", "run-2")))
    assert hub.topics == []


@in_loop
def test_a_role_that_comes_back_brings_its_topic_back() -> None:
    hub = Hub()
    stream = Stream("key", ("run-1", "run-2"), Access(1, ("run-1",)))
    hub.open(stream, None)
    hub.checked(stream, Access(1, ("run-1", "run-2")))
    change(hub, 5, "run-2")
    text = lines_for(stream, hub.window.last).decode()
    assert json.dumps(["run-1", "run-2"]) in text
    assert '"topic": "run-2"' in text


@in_loop
def test_lost_events_are_told_to_every_page() -> None:
    hub = Hub()
    stream = opened(hub, "run-1")
    change(hub, 1)
    hub.lost(EventId(9))
    text = lines_for(stream, hub.window.last).decode()
    assert "event: gap" in text
    assert "event: change" not in text  # the page reads everything


@in_loop
def test_what_nobody_of_ours_wrote_is_refused_and_harms_nothing() -> None:
    hub = Hub()
    stream = opened(hub, "run-1")
    with pytest.raises(ValueError, match="invalid literal"):
        hub.take(EventId(1), {"topic": "run-1", "kind": "run", "job": "<script>"})
    assert stream.pending == {}


def test_the_window_knows_from_where_on_it_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vre_portal.events.window.MAX_TOPICS", 3)
    window = Window(EventId(100))
    for number in range(101, 106):
        window.add(Event(EventId(number), f"run-{number}", "run", "{}"))
    assert window.since(EventId(99), ["run-105"]) is None
    assert window.since(EventId(101), ["run-105"]) is None  # of which 102 is forgotten
    assert [event.id.milliseconds for event in window.since(EventId(102), ["run-105", "run-103", "run-101"]) or ()] == [103, 105]


def test_places_are_compared_as_numbers() -> None:
    assert EventId(9, 10) > EventId(9, 9) > EventId(8, 99)
    assert EventId.parse("10-2") == EventId(10, 2)


@pytest.mark.parametrize(
    "cookies", ["", "vre_session=", "vre_session=a b", "vre_session=é", "other=1", "vre_session=" + "a" * 65, ";;;=", "vre_session=a\0b"]
)
def test_an_odd_cookie_names_no_session(cookies: str) -> None:
    assert session_key(cookies) == ""


def test_the_session_is_found_among_odd_cookies() -> None:
    assert session_key('bad{}=[1]; other="x; y"; vre_session=abcdefgh') == "abcdefgh"


@pytest.mark.django_db(transaction=True)  # it closes connections, as a thread of the process does
def test_groups_that_nobody_has_confirmed_for_long_count_for_nothing(run: Run, signed_in: Any, people: dict[str, User]) -> None:
    lead: Client = signed_in("lead")
    key, topic = lead.session.session_key or "", f"run-{run.pk}"
    assert access_of(key, [topic]) == Access(people["lead"].pk, (topic,))
    User.objects.filter(pk=people["lead"].pk).update(groups_seen_at=timezone.now() - timedelta(minutes=11))
    assert access_of(key, [topic]) == Access(people["lead"].pk, ())


@pytest.mark.django_db
def test_a_topic_that_cannot_be_decided_is_not_seen_and_costs_only_itself(
    run: Run, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(topics._prefixes, "broken", lambda *_: 1 / 0)  # type: ignore[arg-type,return-value]
    assert topics.visible(people["lead"], ["broken-1", f"run-{run.pk}"]) == [f"run-{run.pk}"]
    monkeypatch.setitem(topics._prefixes, "broken", lambda _, numbers: [1 // number and number for number in numbers])
    assert topics.visible(people["lead"], ["broken-0", "broken-1"]) == ["broken-1"]


def test_the_hub_is_away_until_redis_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub()
    assert not hub.is_away  # it has only just begun
    monkeypatch.setattr(hub_module, "AWAY_SECONDS", -1)
    assert hub.is_away
    hub.away_since = None
    assert not hub.is_away
