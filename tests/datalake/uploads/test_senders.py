"""Slow, silent, lying and vanished senders at the running portal: each is bounded, and the others are served."""

import base64
import socket
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from devstack import address
from devstack.address import PORTAL_URL

pytestmark = pytest.mark.integration("portal", "rucio", "iam")
Session = Callable[[str], requests.Session]
PORTAL = (address.HOST, address.PORTS["portal"])


class Sender:
    """One person with a new upload, at the level of the socket."""

    def __init__(self, session: requests.Session, size: int) -> None:
        self.session = session
        page = session.get(f"{PORTAL_URL}/datalake/escape/upload/").text
        token = page.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
        self.headers = {"X-CSRFToken": token, "Tus-Resumable": "1.0.0", "Origin": PORTAL_URL}
        told = {"scope": "user.member", "name": f"senders/{uuid.uuid4().hex}"}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        made = self.ask("POST", f"{PORTAL_URL}/datalake/escape/upload/files/", **{"Upload-Length": str(size), "Upload-Metadata": metadata})
        assert made.status_code == 201, made.text
        self.url = PORTAL_URL + made.headers["Location"]

    def ask(self, method: str, url: str = "", **headers: str) -> requests.Response:
        return self.session.request(method, url or self.url, headers={**self.headers, **headers}, timeout=20)

    def open(self, offset: int, length: int | None, **more: str) -> socket.socket:
        """A PATCH of which only the head was sent."""
        cookies = "; ".join(f"{item.name}={item.value}" for item in self.session.cookies)
        headers = {**self.headers, "Host": f"{PORTAL[0]}:{PORTAL[1]}", "Cookie": cookies, "Upload-Offset": str(offset), **more}
        headers["Content-Type"] = "application/offset+octet-stream"
        if length is not None:
            headers["Content-Length"] = str(length)
        path = self.url.removeprefix(PORTAL_URL)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection = socket.create_connection(PORTAL, timeout=20)
        connection.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode())
        return connection

    @property
    def offset(self) -> int:
        """What is safe, once no connection holds it any more."""
        end = time.monotonic() + 15
        while (reply := self.ask("HEAD")).status_code == 423 and time.monotonic() < end:
            time.sleep(0.3)
        return int(reply.headers["Upload-Offset"])


@pytest.fixture
def sender(portal_session: Session) -> Any:
    made: list[Sender] = []

    def of(size: int) -> Sender:
        made.append(Sender(portal_session("member"), size))
        return made[-1]

    yield of
    for item in made:
        item.ask("DELETE")


def status(connection: socket.socket) -> int:
    """The status of the answer; 0 where the connection ended without one."""
    try:
        line = connection.recv(4096).partition(b"\r\n")[0].split(b" ")
    except OSError:
        return 0
    return int(line[1]) if len(line) > 1 else 0


def test_who_breaks_off_goes_on_at_the_byte_where_it_was(sender: Callable[[int], Sender]) -> None:
    one = sender(100_000)
    connection = one.open(0, 100_000)
    connection.sendall(b"x" * 61_234)
    time.sleep(0.3)
    connection.close()
    assert one.offset == 61_234
    rest = one.session.patch(
        one.url,
        data=b"y" * 38_766,
        headers={**one.headers, "Upload-Offset": "61234", "Content-Type": "application/offset+octet-stream"},
        timeout=20,
    )
    assert rest.headers["Upload-Offset"] == "100000"


@pytest.mark.timed
def test_who_vanished_is_displaced_by_their_next_connection(sender: Callable[[int], Sender]) -> None:
    one = sender(100_000)
    gone = one.open(0, 100_000)
    gone.sendall(b"x" * 40_000)
    time.sleep(1.3)
    begin = time.monotonic()
    assert one.offset == 40_000
    assert time.monotonic() - begin < 4
    gone.close()


def test_a_window_that_is_sending_is_not_displaced_by_another(sender: Callable[[int], Sender]) -> None:
    one = sender(200_000)
    sending = one.open(0, 200_000)
    for _ in range(6):
        sending.sendall(b"x" * 33_000)
        time.sleep(0.1)
    assert one.ask("HEAD").status_code == 423
    sending.sendall(b"x" * 2_000)
    assert status(sending) == 204
    assert one.offset == 200_000


def test_a_part_without_a_length_is_refused_unread(sender: Callable[[int], Sender]) -> None:
    one = sender(100)
    connection = one.open(0, None, **{"Transfer-Encoding": "chunked"})
    connection.sendall(b"a\r\n0123456789\r\n" * 3)
    assert status(connection) in (411, 400)
    assert one.offset == 0


def test_a_length_that_is_more_than_was_announced_is_refused_unread(sender: Callable[[int], Sender]) -> None:
    one = sender(100)
    connection = one.open(0, 10**12)
    connection.sendall(b"x" * 1000)
    assert status(connection) in (413, 0)
    assert one.offset == 0


def test_a_part_that_is_shorter_than_it_says_keeps_what_came(sender: Callable[[int], Sender]) -> None:
    one = sender(100)
    connection = one.open(0, 100)
    connection.sendall(b"x" * 10)
    connection.shutdown(socket.SHUT_WR)
    status(connection)
    assert one.offset == 10


def test_sixty_slow_senders_are_bounded_and_cut_off_while_others_are_served(sender: Callable[[int], Sender]) -> None:
    many = sender(10_000_000)
    open_ones = [many.open(0, 10_000_000) for _ in range(60)]
    begin, slowest = time.monotonic(), 0.0
    while open_ones and time.monotonic() - begin < 25:
        still = []
        for connection in open_ones:
            connection.settimeout(0.001)
            try:
                if connection.recv(1, socket.MSG_PEEK) is not None:
                    connection.close()
                    continue
            except TimeoutError:
                pass
            except OSError:
                continue
            try:
                connection.sendall(b"x")
            except OSError:
                continue
            still.append(connection)
        open_ones = still
        asked = time.monotonic()
        assert requests.get(f"{PORTAL_URL}/healthz", timeout=10).status_code == 200
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.5)
    assert open_ones == []
    assert slowest < 1.5
