"""The process for events, as a browser meets it: what a page is told, what it missed, and who may listen."""

import time
from collections.abc import Callable

import pytest
import redis
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.test.utils import override_settings

from projects.models import Membership
from projects.workflows.models import Run
from tests.events.streams import STREAMS_OF_PERSON, Listening, Server
from vre_portal import events
from vre_portal.events import bus
from vre_portal.events.topics import MAX_TOPICS
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[[str], Client]
SOON = 5.0


@pytest.fixture
def lead(run: Run, signed_in: SignIn) -> Client:
    """Whose run it is, in a browser."""
    return signed_in("lead")


def topic_of(run: Run) -> str:
    return f"run-{run.pk}"


def test_an_open_page_is_told_once_the_change_is_certain(events_server: Server, lead: Client, run: Run) -> None:
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        assert page.opened() == [topic_of(run)]
        with transaction.atomic():
            run.submitting()
            with pytest.raises(TimeoutError):
                page.next(0.5)
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        page.opened()
        run.started()
        told = page.next()
    assert told is not None
    assert (told.name, told.data) == ("change", {"topic": topic_of(run), "kind": "run"})


def test_what_is_rolled_back_is_not_told(events_server: Server, lead: Client, run: Run) -> None:
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        page.opened()
        with transaction.atomic():
            run.submitting()
            transaction.set_rollback(True)
        with pytest.raises(TimeoutError):
            page.next(1)


def test_a_page_that_comes_back_is_told_what_it_missed_once(events_server: Server, lead: Client, run: Run) -> None:
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        page.opened()
        events.publish(topic_of(run), "run")
        first = page.next()
    assert first is not None
    for _ in range(3):
        events.publish(topic_of(run), "run")
    with Listening(events_server.port, [topic_of(run)], lead, Last_Event_ID=first.id) as page:
        page.opened()
        missed = page.next()
        assert missed is not None
        assert missed.name == "change"
        assert missed.id > first.id
        with pytest.raises(TimeoutError):
            page.next(0.5)
    with Listening(events_server.port, [f"{topic_of(run)}&since={first.id}"], lead) as page:
        page.opened()
        again = page.next()
    assert again == missed


def test_a_page_that_was_away_for_too_long_is_told_to_read_everything_again(events_server: Server, lead: Client, run: Run) -> None:
    with Listening(events_server.port, [topic_of(run)], lead, Last_Event_ID="1000-0") as page:
        page.opened()
        told = page.next()
    assert told is not None
    assert told.name == "gap"


@pytest.mark.parametrize("place", ["", "x", "1-", "-1", "9" * 400 + "-0", "١-٠", "0x1-1"])
def test_an_odd_place_is_none(events_server: Server, lead: Client, run: Run, place: str) -> None:
    with Listening(events_server.port, [topic_of(run)], lead, Last_Event_ID=place.encode().decode("latin-1")) as page:
        assert page.opened() == [topic_of(run)]
        with pytest.raises(TimeoutError):
            page.next(0.3)


def test_what_may_not_be_seen_answers_like_what_is_not_there(events_server: Server, signed_in: SignIn, run: Run) -> None:
    outsider = signed_in("outsider")
    replies = []
    for topic in (topic_of(run), "run-999999999", "unknown-1", "run-1'", "bell-1%00"):
        with Listening(events_server.port, [topic], outsider) as page:
            replies.append((page.status, page.reply.read(), [item for item in page.reply.getheaders() if item[0] != "Date"]))
    assert replies[0][0] == 404
    assert all(reply == replies[0] for reply in replies)


def test_strangers_are_told_nothing_whatever_they_ask(events_server: Server, run: Run) -> None:
    for topic in (topic_of(run), "run-999999999"):
        with Listening(events_server.port, [topic]) as page:
            assert page.status == 401
    with Listening(events_server.port, [topic_of(run)], Cookie="vre_session=aaaaaaaaaaaaaaaaaaaaaaaa") as page:
        assert page.status == 401


def test_a_topic_that_may_not_be_seen_costs_only_itself(events_server: Server, people: dict[str, User], lead: Client, run: Run) -> None:
    others = f"bell-{people['outsider'].pk}"
    with Listening(events_server.port, [others, topic_of(run)], lead) as page:
        assert page.opened() == [topic_of(run)]
        events.publish(others, "notices")
        events.publish(topic_of(run), "run")
        told = page.next()
    assert told is not None
    assert told.data == {"topic": topic_of(run), "kind": "run"}


def test_a_stream_ends_when_its_session_ends(events_server: Server, lead: Client, run: Run) -> None:
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        page.opened()
        Session.objects.filter(session_key=lead.session.session_key).delete()
        assert page.ends(SOON) < SOON
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        assert page.status == 401


def test_a_stream_of_somebody_who_was_switched_off_ends(events_server: Server, people: dict[str, User], lead: Client, run: Run) -> None:
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        page.opened()
        people["lead"].is_active = False
        people["lead"].save()
        assert page.ends(SOON) < SOON


def test_whose_role_was_taken_away_is_told_no_more(events_server: Server, people: dict[str, User], lead: Client, run: Run) -> None:
    bell = f"bell-{people['lead'].pk}"
    with Listening(events_server.port, [topic_of(run), bell], lead) as page:
        assert page.opened() == [topic_of(run), bell]
        Membership.objects.get(project=run.project, user=people["lead"]).delete()
        assert page.opened() == [bell]
        events.publish(topic_of(run), "run")
        with pytest.raises(TimeoutError):
            page.next(1)


def test_only_pages_of_the_portal_may_listen(events_server: Server, lead: Client, run: Run) -> None:
    for origin in ("http://127.0.0.1:1", "https://evil.example", "null"):
        with Listening(events_server.port, [topic_of(run)], lead, Origin=origin) as page:
            assert page.status == 403
            assert page.reply.getheader("Access-Control-Allow-Origin") != origin
    from django.conf import settings

    with Listening(events_server.port, [topic_of(run)], lead, Origin=settings.PORTAL_URL) as page:
        assert page.opened() == [topic_of(run)]
        assert page.reply.getheader("Access-Control-Allow-Origin") == settings.PORTAL_URL
        assert page.reply.getheader("Access-Control-Allow-Credentials") == "true"
        assert page.reply.getheader("Cache-Control") == "no-store"
        assert page.reply.getheader("X-Accel-Buffering") == "no"


def test_a_person_has_only_so_many_open_pages_and_a_closed_one_makes_room(events_server: Server, lead: Client, run: Run) -> None:
    pages = [Listening(events_server.port, [topic_of(run)], lead) for _ in range(STREAMS_OF_PERSON)]
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        assert page.status == 429
        assert page.reply.getheader("Retry-After")
    for page in pages:
        assert page.status == 200
        page.__exit__()
    time.sleep(0.5)
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        assert page.status == 200


def test_a_page_listens_to_only_so_many_topics(events_server: Server, lead: Client) -> None:
    for topics in ([], [f"run-{number}" for number in range(MAX_TOPICS + 1)]):
        with Listening(events_server.port, topics, lead) as page:
            assert page.status == 400


def test_more_fields_than_any_page_has_are_refused_before_anybody_is_asked_for(events_server: Server) -> None:
    with Listening(events_server.port, [f"run-{number}" for number in range(10 * MAX_TOPICS)]) as page:
        assert page.status == 400


def test_a_full_process_says_when_to_come_again(lead: Client, run: Run) -> None:
    from tests.events.streams import serving

    with serving(EVENTS_STREAMS="1") as server, Listening(server.port, [topic_of(run)], lead) as first:
        first.opened()
        with Listening(server.port, [topic_of(run)], lead) as page:
            assert page.status == 503
            assert page.reply.getheader("Retry-After")


def test_workers_learn_which_pages_are_open(events_server: Server, lead: Client, run: Run, events_redis: redis.Redis) -> None:
    events_redis.zrem(bus.OPEN, topic_of(run))  # of a portal beside the tests
    assert events.are_open([topic_of(run)]) == frozenset()
    with Listening(events_server.port, [topic_of(run)], lead) as page:
        page.opened()
        deadline = time.monotonic() + 15
        while events.are_open([topic_of(run), "run-999999999"]) != {topic_of(run)}:
            assert time.monotonic() < deadline
            time.sleep(0.3)


def test_redis_holds_that_something_changed_and_nothing_else(lead: Client, run: Run, events_redis: redis.Redis) -> None:
    before = events_redis.xinfo_stream(bus.STREAM)["last-generated-id"] if events_redis.exists(bus.STREAM) else "0"
    run.refused("Secret words of somebody")
    events.publish(topic_of(run), "logs", {"job": 3, "name": "Lena"})  # type: ignore[dict-item]  # a mistake
    found = [fields for _, fields in events_redis.xrange(bus.STREAM, f"({before}")]
    mine = [fields for fields in found if fields.get("topic") == topic_of(run)]
    assert {tuple(sorted(fields)) for fields in mine} == {("kind", "topic"), ("job", "kind", "topic")}
    assert "Secret" not in str(found)
    assert "Lena" not in str(found)


def test_where_events_are_off_nothing_is_sent(lead: Client, run: Run, events_redis: redis.Redis) -> None:
    before = events_redis.xlen(bus.STREAM)
    with override_settings(EVENTS_URL=""):
        events.publish(topic_of(run), "run")
        assert events.are_open([topic_of(run)]) == frozenset()
    assert events_redis.xlen(bus.STREAM) == before
