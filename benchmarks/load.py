"""A load generator: a few connections that stay open, each asking again as soon as it has its answer; one thread, and no work but that.

It sends the same bytes each time and reads an answer only as far as its end, so that one core asks several times as often as a Django
process answers. `Load.share` is the part of the time for which it was at work itself: near 1 it, and not the server, was measured.
"""

import re
import selectors
import socket
import time
from dataclasses import dataclass, field

CONNECTIONS = 4
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Load:
    """What came of one run."""

    requests: int
    seconds: float
    share: float  # of the time, for which the generator itself was at work
    first: float  # seconds that the first answer took
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def request(host: str, path: str, **headers: str) -> bytes:
    """A GET as a browser sends it."""
    known = {"Host": host, "Accept": "text/html", "Accept-Encoding": "gzip", "User-Agent": "benchmark", **headers}
    lines = [f"GET {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in known.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def is_whole(answer: bytes) -> bool:
    """Whether an answer has come to its end."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    if answer[9:12] in (b"304", b"204"):
        return True
    found = LENGTH.search(answer, 0, head)
    return len(answer) - head - 4 >= int(found[1]) if found else answer.endswith(b"0\r\n\r\n")


def once(address: tuple[str, int], sent: bytes) -> tuple[bytes, float]:
    """One answer over a connection of its own, and the seconds until it was whole."""
    with socket.create_connection(address, timeout=60) as connection:
        began = time.perf_counter()
        connection.sendall(sent)
        answer = b""
        while not is_whole(answer):
            piece = connection.recv(262144)
            if not piece:
                raise ConnectionError(f"the server closed the connection after {len(answer)} bytes")
            answer += piece
        return answer, time.perf_counter() - began


def run(address: tuple[str, int], sent: bytes, seconds: float) -> Load:
    """Ask for so long over all connections at once, after one question alone; every answer counts, and its status."""
    _, first = once(address, sent)
    chosen = selectors.DefaultSelector()
    answers: dict[socket.socket, bytes] = {}
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(address, timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen.register(connection, selectors.EVENT_READ)
        answers[connection] = b""
        connection.sendall(sent)
    statuses: dict[int, int] = {}
    began, worked = time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) - began < seconds or not statuses:
        for key, _ in chosen.select(1):
            connection = key.fileobj  # type: ignore[assignment]
            piece = connection.recv(262144)
            if not piece:
                raise ConnectionError("the server closed a connection that was to stay open")
            answer = answers[connection] + piece
            if is_whole(answer):
                status = int(answer[9:12])
                statuses[status] = statuses.get(status, 0) + 1
                answer = b""
                connection.sendall(sent)
            answers[connection] = answer
    share = (time.process_time() - worked) / (now - began)
    for connection in answers:
        connection.close()
    return Load(sum(statuses.values()), now - began, share, first, statuses)
