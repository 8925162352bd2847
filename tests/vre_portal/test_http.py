"""The one HTTP door against real servers that are slow, broken, lying or hostile."""

import dataclasses
import gzip
import socket
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509

from tests.vre_portal.certificates import self_signed
from tests.vre_portal.servers import Handler, serving
from vre_portal import request_id
from vre_portal.http import RemoteRefused, RemoteUnavailable, request, stream
from vre_portal.services import Service, ServiceKind


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fails(service: Service, text: str, path: str = "/x", **options: object) -> RemoteUnavailable:
    """The error of a call that must be an outage with these words."""
    with pytest.raises(RemoteUnavailable, match=text) as raised:
        request(service, "GET", path, **options)  # type: ignore[arg-type]
    assert raised.value.service == service
    return raised.value


def test_a_whole_answer_is_given_as_it_is() -> None:
    with serving(lambda it: it.whole(b'{"a": [1]}', X_Own="yes")) as (service, _):
        reply = request(service, "GET", "/x")
    assert (reply.status, reply.json(), reply.headers["x-own"]) == (200, {"a": [1]}, "yes")


def test_text_that_no_database_and_no_page_holds_is_replaced() -> None:
    body = rb'{"a\u0000": ["x\ud800y", {"b": "\u0000", "c": 1}], "smile": "\ud83d\ude00"}'
    with serving(lambda it: it.whole(body)) as (service, _):
        found = request(service, "GET", "/x").json()
    assert found == {"a\ufffd": ["x?y", {"b": "\ufffd", "c": 1}], "smile": "\U0001f600"}


def test_a_server_that_is_not_there_is_an_outage() -> None:
    fails(Service(ServiceKind.REANA, "gone", "Gone service", f"http://127.0.0.1:{closed_port()}"), "Gone service cannot be reached")


@pytest.mark.timed
def test_a_server_that_says_nothing_is_an_outage_within_the_timeout() -> None:
    begin = time.monotonic()
    with serving(lambda it: time.sleep(1.5)) as (service, _):
        fails(service, "did not answer in time", timeout=(1, 0.3))
        assert time.monotonic() - begin < 1.4


@pytest.mark.timed
def test_a_server_that_stops_in_the_middle_is_an_outage_within_the_timeout() -> None:
    def pausing(it: Handler) -> None:
        it.begin(Content_Length="10")
        it.wfile.write(b"half")
        it.wfile.flush()
        time.sleep(1.5)

    begin = time.monotonic()
    with serving(pausing) as (service, _):
        fails(service, "did not answer in time", timeout=(1, 0.3))
        assert time.monotonic() - begin < 1.4


def test_a_compressed_answer_is_read_and_counted_unpacked() -> None:
    packed = gzip.compress(b"[" + b"1," * 100_000 + b"1]")
    with serving(lambda it: it.whole(packed, Content_Encoding="gzip")) as (service, _):
        assert len(request(service, "GET", "/x").json()) == 100_001
        fails(service, "more than 100000 bytes", max_bytes=100_000)


def trickle(it: Handler) -> None:
    """A byte now and then, so that no single wait is long."""
    it.begin(Content_Length="1000")
    while it.going.is_set():
        it.wfile.write(b"x")
        it.wfile.flush()
        time.sleep(0.1)


@pytest.mark.timed
def test_a_server_that_trickles_is_cut_at_the_deadline() -> None:
    begin = time.monotonic()
    with serving(trickle) as (service, _):
        fails(service, "did not finish its answer in time", deadline=0.5)
    assert time.monotonic() - begin < 1.5


def cut_half_way(it: Handler) -> None:
    it.begin(Content_Length="1000")
    it.wfile.write(b"x" * 400)
    it.wfile.flush()
    it.connection.shutdown(socket.SHUT_RDWR)


def cut_chunk(it: Handler) -> None:
    it.begin(Transfer_Encoding="chunked")
    it.wfile.write(b"40\r\nonly this")
    it.wfile.flush()
    it.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("answer", [cut_half_way, cut_chunk])
def test_an_answer_cut_half_way_is_an_outage_and_no_short_answer(answer: object) -> None:
    with serving(answer) as (service, _):  # type: ignore[arg-type]
        fails(service, "was lost before its answer was complete")
        with pytest.raises(RemoteUnavailable), stream(service, "GET", "/x") as reply:
            list(reply.chunks())
        with pytest.raises(RemoteUnavailable), stream(service, "GET", "/x") as reply:
            list(reply.blocks(64))


def test_blocks_are_full_but_the_last_however_the_bytes_arrive() -> None:
    def by_and_by(it: Handler) -> None:
        it.begin(Content_Length="2500")
        for _ in range(250):
            it.wfile.write(b"0123456789")
            it.wfile.flush()

    with serving(by_and_by) as (service, _), stream(service, "GET", "/x") as reply:
        pieces = list(reply.blocks(1000))
    assert [len(piece) for piece in pieces] == [1000, 1000, 500]
    assert b"".join(pieces) == b"0123456789" * 250


def test_a_huge_answer_is_dropped_at_the_limit() -> None:
    def endless(it: Handler) -> None:
        it.begin(Transfer_Encoding="chunked")
        while it.going.is_set():
            it.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    with serving(endless) as (service, _):
        fails(service, "more than 300000 bytes", max_bytes=300_000)
        with stream(service, "GET", "/x") as reply, pytest.raises(RemoteUnavailable, match="more than 300000 bytes"):
            reply.read(300_000)


def test_html_where_json_belongs_is_an_outage() -> None:
    with serving(lambda it: it.whole(b"<html>gateway</html>", Content_Type="application/json")) as (service, _):
        reply = request(service, "GET", "/x")
    with pytest.raises(RemoteUnavailable, match="not JSON"):
        reply.json()


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), ("²", None), ("9" * 400, 3600.0)])
def test_a_pause_that_is_asked_for_is_told(header: str, seconds: float | None) -> None:
    with serving(lambda it: it.whole(b"", 429, Retry_After=header)) as (service, _):
        assert fails(service, "receives too many requests").retry_after == seconds


def test_a_failing_server_is_an_outage_unless_its_words_are_wanted() -> None:
    with serving(lambda it: it.whole(b"why", 500)) as (service, _):
        fails(service, "is failing .status 500.")
        assert request(service, "GET", "/x", raise_5xx=False).text == "why"


def test_a_refusal_is_left_to_the_remote_module() -> None:
    with serving(lambda it: it.whole(b"no", 403)) as (service, _):
        assert request(service, "GET", "/x").status == 403


def test_a_redirect_is_not_followed() -> None:
    with (
        serving(lambda it: it.whole(b"canary")) as (canary, reached),
        serving(lambda it: it.whole(b"", 302, Location=f"{canary.url}/stolen")) as (service, _),
    ):
        assert request(service, "GET", "/x", token="secret").status == 302
    assert reached.lines == []


@pytest.mark.parametrize(
    "path",
    [
        "http://evil.example.org/x",
        "HTTP://evil.example.org/x",
        "https://127.0.0.1@evil.example.org/",
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ],
)
def test_an_address_of_somebody_else_is_refused(path: str) -> None:
    with serving(lambda it: it.whole(b"own")) as (service, seen), pytest.raises(RemoteRefused, match="not configured as one of its hosts"):
        request(service, "GET", path, token="secret")
    assert seen.lines == []


@pytest.mark.parametrize("path", ["//evil.example.org/x", "/\\evil.example.org/x", "/../../x", "/a?next=http://evil.example.org"])
def test_a_path_stays_at_its_service(path: str) -> None:
    with serving(lambda it: it.whole(b"own")) as (service, seen):
        assert request(service, "GET", path).text == "own"
    assert len(seen.lines) == 1


def test_a_door_that_the_configuration_names_is_allowed() -> None:
    with serving(lambda it: it.whole(b"bytes")) as (door, _):
        lake = Service(ServiceKind.RUCIO, "lake", "Lake", "http://127.0.0.1:1", options={"hosts": [door.url.removeprefix("http://")]})
        assert request(lake, "GET", f"{door.url}/file").text == "bytes"


def test_an_address_without_tls_is_refused_at_a_service_with_tls() -> None:
    with serving(lambda it: it.whole(b"own")) as (plain, seen):
        secure = dataclasses.replace(plain, url=plain.url.replace("http:", "https:"))
        with pytest.raises(RemoteRefused, match="without TLS"):
            request(secure, "GET", f"{plain.url}/x", token="secret")
    assert seen.lines == []


def tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    certificate, key = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def test_a_certificate_that_signs_itself_is_refused_and_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = tls(tmp_path)
    assert x509.load_pem_x509_certificate(certificate.read_bytes())
    # The variable overrules verification in requests' own sessions; here it must not.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(lambda it: it.whole(b"own"), context) as (service, seen):
        fails(service, "certificate of Test service is not valid", token="secret")
    assert seen.lines == []


def test_a_certificate_that_the_configuration_names_is_taken(tmp_path: Path) -> None:
    context, certificate = tls(tmp_path)
    with serving(lambda it: it.whole(b"own"), context) as (service, _):
        assert request(dataclasses.replace(service, options={"ca": str(certificate)}), "GET", "/x").text == "own"


def test_no_cookie_is_kept() -> None:
    with serving(lambda it: it.whole(b"", Set_Cookie="session=of-alice; Path=/")) as (service, seen):
        request(service, "GET", "/one")
        request(service, "GET", "/two")
    assert [headers.get("Cookie") for headers in seen.headers] == [None, None]


def test_a_token_is_sent_as_bearer_and_only_when_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(lambda it: it.whole(b"")) as (service, seen):
        request(service, "GET", "/one", token="of-alice", params={"q": "1"})
        request(service, "GET", "/two")
    assert [headers.get("Authorization") for headers in seen.headers] == ["Bearer of-alice", None]
    assert not any("of-alice" in line for line in seen.lines)


def test_the_request_id_goes_along() -> None:
    request_id.set_current("page-0001")
    with serving(lambda it: it.whole(b"")) as (service, seen):
        request(service, "GET", "/one")
    assert seen.headers[0]["X-Request-ID"] == "page-0001"


@pytest.mark.timed
def test_a_stream_gives_its_lines_as_they_come() -> None:
    def events(it: Handler) -> None:
        it.begin(Transfer_Encoding="chunked")
        for word in ("first", "zwölf", "last"):
            line = f"{word}\r\n".encode()
            it.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            it.wfile.flush()
            time.sleep(0.2)
        it.wfile.write(b"0\r\n\r\n")

    with serving(events) as (service, _), stream(service, "GET", "/events") as reply:
        begin = time.monotonic()
        lines = reply.lines()
        assert next(lines) == "first"
        assert time.monotonic() - begin < 0.15
        assert list(lines) == ["zwölf", "last"]


def test_what_goes_wrong_with_our_own_files_is_not_blamed_on_the_service() -> None:
    with serving(lambda it: it.whole(b"bytes")) as (service, _), pytest.raises(PermissionError), stream(service, "GET", "/x"):
        raise PermissionError("cannot write here")
