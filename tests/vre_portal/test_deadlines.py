"""A service that takes connections and then says nothing, or says it byte by byte, holds nobody longer than was meant."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tests.vre_portal.servers import hanging, serving, silent, trickling_body, trickling_head
from tests.vre_portal.test_http import tls
from vre_portal import deadlines
from vre_portal.http import RemoteUnavailable, Stream, request, stream
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.timed
Speak = Callable[[socket.socket], None]
WAYS = pytest.mark.parametrize("speak", [silent, trickling_head, trickling_body])


def service_at(url: str, kind: ServiceKind = ServiceKind.IAM) -> Service:
    return Service(kind, f"hanging-{url.rpartition(':')[2]}", "Slow service", url)


@WAYS
def test_head_and_body_are_under_one_deadline(speak: Speak) -> None:
    begin = time.monotonic()
    with hanging(speak) as url, pytest.raises(RemoteUnavailable, match="in time"):
        request(service_at(url), "GET", "/x", deadline=0.7)
    assert 0.6 < time.monotonic() - begin < 1.2


@WAYS
@pytest.mark.parametrize("read", [Stream.chunks, lambda reply: reply.blocks(1000)])
def test_a_stream_is_under_one_deadline_from_its_head_on(speak: Speak, read: Callable[[Stream], Iterator[bytes]]) -> None:
    begin = time.monotonic()
    with (
        hanging(speak) as url,
        pytest.raises(RemoteUnavailable, match="in time"),
        stream(service_at(url), "GET", "/x", deadline=0.7) as reply,
    ):
        list(read(reply))
    assert time.monotonic() - begin < 1.2


def test_a_silence_that_begins_late_ends_with_the_deadline() -> None:
    def late(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        time.sleep(0.9)
        client.sendall(b"x")

    begin = time.monotonic()
    with hanging(late) as url, pytest.raises(RemoteUnavailable, match="in time"):
        request(service_at(url), "GET", "/x", deadline=1.2)
    assert time.monotonic() - begin < 1.8  # a socket's own wait would last until 2.1


def test_the_deadline_holds_behind_tls(tmp_path: Path) -> None:
    context, certificate = tls(tmp_path)
    with serving(lambda it: trickling_head(it.connection), context) as (service, _):
        known = Service(service.kind, service.name, service.title, service.url, options={"ca": str(certificate)})
        begin = time.monotonic()
        with pytest.raises(RemoteUnavailable, match="in time"):
            request(known, "GET", "/x", deadline=0.7)
    assert time.monotonic() - begin < 1.2


def test_a_kept_connection_gets_a_new_deadline_with_each_call() -> None:
    with serving(lambda it: it.whole(b"x")) as (service, seen):
        for _ in range(3):
            assert request(service, "GET", "/x", deadline=0.5).text == "x"
            time.sleep(0.3)
    assert len(seen.lines) == 3


@WAYS
def test_all_calls_of_a_page_are_under_one_deadline(speak: Speak) -> None:
    begin = time.monotonic()
    with hanging(speak) as url, deadlines.within(0.7, ServiceKind.IAM):
        for _ in range(4):
            with pytest.raises(RemoteUnavailable, match="in time"):
                request(service_at(url), "GET", "/x")
    assert time.monotonic() - begin < 1.3


def test_an_inner_block_shortens_and_never_lengthens() -> None:
    with deadlines.within(1, ServiceKind.IAM), deadlines.within(100, ServiceKind.IAM), deadlines.within(0.2, ServiceKind.REANA):
        now = time.monotonic()
        assert 0.5 < deadlines.end_of(ServiceKind.IAM, 20) - now <= 1
        assert deadlines.end_of(ServiceKind.REANA, 20) - now <= 0.2
        assert deadlines.end_of(ServiceKind.RUCIO, 20) - now > 19


def test_a_page_has_three_seconds_and_a_way_back_from_the_iam_has_more() -> None:
    left: dict[str, float] = {}

    def view(asked: HttpRequest) -> HttpResponse:
        left[asked.path] = deadlines.end_of(ServiceKind.IAM, 60) - time.monotonic()
        return HttpResponse()

    page = deadlines.middleware(view)
    for path in ("/dashboard/", "/accounts/oidc/iam/login/callback/"):
        page(RequestFactory().get(path))
    assert left["/dashboard/"] < 3
    assert 5 < left["/accounts/oidc/iam/login/callback/"] < 10
    assert deadlines.end_of(ServiceKind.IAM, 60) - time.monotonic() > 59
