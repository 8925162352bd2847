"""A lake that is down, slow, odd or of another mind: the page answers in time with what is known."""

import time
from collections.abc import Callable

import pytest
from django.test import Client

from datalake.reads.reader import thread_pool
from tests.vre_portal.servers import Handler, serving
from vre_portal import bulkhead, services
from vre_portal.iam.models import User

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True), pytest.mark.timed]
LAKE = "/datalake/escape/"
DID = f"{LAKE}did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf"
PAGES = (f"{LAKE}live/", f"{LAKE}live/?scope=KM3NET_ECAP_SP", DID, f"{DID}?part=content", f"{LAKE}rses/", f"{LAKE}rses/DEMO-ANNECY/")
Move = Callable[[str], None]


def slow(handler: Handler) -> None:
    time.sleep(20)


def trickling(handler: Handler) -> None:
    handler.begin(200, Content_Type="application/x-json-stream")
    while handler.going.is_set():
        handler.wfile.write(b'{"scope"')
        time.sleep(0.2)


def html(handler: Handler) -> None:
    handler.whole(b"<html><script>alert(1)</script>Maintenance</html>", Content_Type="text/html")


def half(handler: Handler) -> None:
    handler.begin(200, Content_Length="5000", Content_Type="application/x-json-stream")
    handler.wfile.write(b'{"scope": "KM3NET_ECAP_SP", "na')


def failing(handler: Handler) -> None:
    handler.whole(b'{"ExceptionClass": "DatabaseException", "ExceptionMessage": "(psycopg.Error) secret"}', 500)


def unknown(handler: Handler) -> None:
    handler.whole(b'{"ExceptionClass": "CannotAuthenticate", "ExceptionMessage": "no"}', 401, ExceptionClass="CannotAuthenticate")


def nothing(handler: Handler) -> None:
    handler.whole(b"null", Content_Type="application/json")


@pytest.mark.parametrize("answer", [slow, trickling, html, half, failing, unknown, nothing])
def test_what_was_seen_before_is_shown_with_its_age(
    visitor: Callable[[str], Client], lake_at: Move, answer: Callable[[Handler], None]
) -> None:
    client = visitor("lead")
    for path in PAGES:
        assert client.get(path).status_code == 200
    with serving(answer) as (service, _):
        lake_at(service.url)
        for path in PAGES:
            begin = time.monotonic()
            reply = client.get(path)
            assert time.monotonic() - begin < 3, path
            text = reply.content.decode()
            assert reply.status_code == 200, (path, reply.status_code)
            assert "Showing data from" in text, path
            assert "Retry</a>" in text
            assert "<script>alert" not in text
            assert "psycopg" not in text


@pytest.mark.parametrize("answer", [slow, html, half, failing, nothing])
def test_without_memory_the_page_says_what_is_wrong(
    visitor: Callable[[str], Client], lake_at: Move, answer: Callable[[Handler], None]
) -> None:
    client = visitor("lead")
    with serving(answer) as (service, _):
        lake_at(service.url)
        for path in (*PAGES, f"{LAKE}upload/", f"{LAKE}download/KM3NET_ECAP_SP/aeff.fits"):
            begin = time.monotonic()
            reply = client.get(path)
            assert time.monotonic() - begin < 3, path
            assert reply.status_code == 503, path
            assert b"The Data Lake is not responding." in reply.content
            assert reply["Retry-After"]


def test_pages_that_ask_before_they_begin_are_given_up_in_time_too(visitor: Callable[[str], Client], lake_at: Move) -> None:
    client = visitor("lead")
    with serving(trickling) as (service, _):
        lake_at(service.url)
        for path in (f"{LAKE}upload/", f"{LAKE}?pattern=aeff"):
            begin = time.monotonic()
            client.get(path)
            assert time.monotonic() - begin < 3, path


def test_a_lake_that_is_away_is_said_at_once(visitor: Callable[[str], Client], lake_at: Move) -> None:
    client = visitor("lead")
    lake_at("http://127.0.0.1:9")
    begin = time.monotonic()
    assert client.get(DID).status_code == 503
    assert client.get(f"{DID}?format=json").json()["error"]
    assert time.monotonic() - begin < 2


def forbidding(handler: Handler) -> None:
    handler.whole(b'{"ExceptionClass": "AccessDenied", "ExceptionMessage": "no"}', 401, ExceptionClass="AccessDenied")


def test_a_scope_without_rights_is_refused_and_never_shown_as_empty_or_from_memory(visitor: Callable[[str], Client], lake_at: Move) -> None:
    client = visitor("lead")
    paths = (DID, f"{DID}?part=content", f"{LAKE}live/?scope=KM3NET_ECAP_SP", f"{LAKE}download/KM3NET_ECAP_SP/aeff.fits")
    for path in paths:
        assert client.get(path).status_code == 200
    with serving(forbidding) as (service, _):
        lake_at(service.url)
        for path in paths:
            reply = client.get(path)
            assert reply.status_code == 403, path
            assert b"Your account does not have permission to do this" in reply.content
            assert client.get(f"{path}{'&' if '?' in path else '?'}format=json").json().keys() == {"error", "reference"}


def test_an_explanation_from_memory_tells_its_age(visitor: Callable[[str], Client], lake_at: Move) -> None:
    client, page = visitor("lead"), f"{LAKE}why/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf"
    assert "Showing data from" not in client.get(page).content.decode()
    lake_at("http://127.0.0.1:9")
    assert "Showing data from" in client.get(page).content.decode()


def test_nobody_sees_what_another_person_remembered(visitor: Callable[[str], Client], lake_at: Move) -> None:
    assert visitor("lead").get(DID).status_code == 200
    lake_at("http://127.0.0.1:9")
    assert visitor("member").get(DID).status_code == 503


def test_who_has_to_sign_in_again_is_told_so(people: dict[str, User], signed_in: Callable[[str], Client]) -> None:
    client = signed_in("lead")
    reply = client.get(f"{LAKE}did/user.lead/anything")
    assert reply.status_code == 403
    assert b"sign in" in reply.content.lower()
    public = client.get(DID)
    assert public.status_code == 200
    assert b"Please sign in again" in public.content


def test_a_slow_lake_holds_its_own_threads_only(visitor: Callable[[str], Client], lake_at: Move) -> None:
    client = visitor("lead")
    with serving(slow) as (service, _):
        lake_at(service.url)
        for _round in range(3):
            client.get(DID)
        begin = time.monotonic()
        assert client.get("/healthz").status_code == 200
        assert time.monotonic() - begin < 0.5
    assert thread_pool("escape")._work_queue.qsize() < 50


def test_a_page_that_may_not_wait_shows_what_was_known_at_once(visitor: Callable[[str], Client], lake_at: Move) -> None:
    client = visitor("lead")
    assert client.get(DID).status_code == 200
    with serving(slow) as (service, seen):
        lake_at(service.url)
        there = bulkhead.server(services.service(services.ServiceKind.RUCIO))
        there.waiting.update(dict.fromkeys(range(-32, 0), "others"))
        there.unanswered_since = time.monotonic() - 60
        begin = time.monotonic()
        reply = client.get(DID)
        assert time.monotonic() - begin < 1
        assert seen.lines == []
    assert reply.status_code == 200
    assert b"is not responding at the moment" in reply.content
    assert b"Showing data from" in reply.content
