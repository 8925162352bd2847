"""What the door to Rucio makes of a server that answers nonsense: one of two errors, soon, and in little memory."""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from datalake import rucio
from datalake.rucio.content import StorageUnavailable
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

Answer = tuple[int, dict[str, str], bytes]
STREAM = {"Content-Type": "application/x-json-stream"}
JSON = {"Content-Type": "application/json"}


@contextmanager
def lake(status: int, headers: dict[str, str], body: bytes, times: int = 1) -> Iterator[Service]:
    """A server that gives everybody the same answer, its body `times` times."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for _ in range(times):
                    self.wfile.write(body)
            except OSError:
                return

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Service(ServiceKind.RUCIO, f"faulty-{server.server_port}", "Faulty lake", f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


READS: list[Callable[[Service], object]] = [
    lambda it: rucio.list_scopes(it, "t"),
    lambda it: rucio.list_dids(it, "t", "scope"),
    lambda it: rucio.get_did(it, "t", "scope", "name"),
    lambda it: rucio.list_content(it, "t", "scope", "name"),
    lambda it: rucio.list_replicas(it, "t", "scope", "name", type="FILE"),
    lambda it: rucio.list_rules(it, "t", "scope", "name"),
    lambda it: rucio.get_rule(it, "t", "0" * 32),
    lambda it: rucio.list_locks(it, "t", "0" * 32),
    lambda it: rucio.list_rses(it, "t"),
]
NONSENSE: dict[str, Answer] = {
    "half an object": (200, STREAM, b'{"scope": "a", "name": "b'),
    "a page of HTML": (200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel</html>"),
    "numbers": (200, STREAM, b"1\n2\n3\n"),
    "the wrong words": (200, JSON, b'{"colour": "blue"}'),
    "no text": (200, STREAM, b"\xff\xfe\x00\n"),
    "deep nesting": (200, JSON, b"[" * 100_000),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_an_outage_of_the_lake(read: Callable[[Service], object], answer: Answer) -> None:
    with lake(*answer) as faulty, pytest.raises(RemoteUnavailable):
        read(faulty)


@pytest.mark.parametrize("name", sorted(NONSENSE.keys() - {"the wrong words"}))  # metadata may be any words
def test_nonsense_is_no_metadata(name: str) -> None:
    with lake(*NONSENSE[name]) as faulty, pytest.raises(RemoteUnavailable):
        rucio.describe(faulty, "t", "scope", "name")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418])
def test_a_refusal_without_rucios_words_is_a_refusal(status: int) -> None:
    with lake(status, {"Content-Type": "text/html"}, b"<h1>no</h1>") as faulty, pytest.raises(RemoteRefused) as refusal:
        rucio.get_did(faulty, "t", "scope", "name")
    assert refusal.value.status == status


def test_a_refusals_text_is_short_and_of_one_line() -> None:
    body = b'{"ExceptionClass": "InvalidObject", "ExceptionMessage": "' + b"no\\n" * 5000 + b'"}'
    with lake(409, JSON, body) as faulty, pytest.raises(RemoteRefused) as refusal:
        rucio.get_did(faulty, "t", "scope", "name")
    assert len(str(refusal.value)) < 400
    assert "\n" not in str(refusal.value)


def test_an_unknown_or_hostile_kind_of_refusal_is_harmless() -> None:
    for name in ("NewInRucio99", "os", "__builtins__", "sys"):
        body = f'{{"ExceptionClass": "{name}", "ExceptionMessage": "x"}}'.encode()
        with lake(409, JSON, body) as faulty, pytest.raises(RemoteError):
            rucio.get_did(faulty, "t", "scope", "name")


@pytest.mark.timed
def test_an_endless_listing_is_left_after_what_was_asked_for() -> None:
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    row = b'{"scope": "s", "name": "n", "type": "FILE", "bytes": 1, "adler32": null, "md5": null}\n' * 1000
    with lake(200, STREAM, row, times=1_000_000) as faulty:
        assert len(rucio.list_content_page(faulty, "t", "scope", "name", 100, 50).rows) == 50
    assert time.monotonic() - begin < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_a_body_without_end_is_not_kept() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with lake(200, JSON, b"x" * 1_000_000, times=1000) as faulty, pytest.raises(RemoteUnavailable):
        rucio.get_did(faulty, "t", "scope", "name")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_redirect_never_takes_the_token_elsewhere() -> None:
    with (
        lake(200, JSON, b"{}") as elsewhere,
        lake(308, {"Location": f"{elsewhere.url}/dids/"}, b"") as faulty,
        pytest.raises(RemoteRefused),
    ):
        rucio.get_did(faulty, "t", "scope", "name")


def test_a_storage_that_is_away_is_not_taken_for_its_lake() -> None:
    with lake(200, JSON, b"{}") as well:
        storage = replace(well, options={"hosts": ["127.0.0.1:9"]})
        with (
            pytest.raises(StorageUnavailable, match=r"The storage 127\.0\.0\.1:9 cannot be reached"),
            rucio.open_copy(storage, "t", "https://127.0.0.1:9/a"),
        ):
            pass
