"""Small real servers that behave badly on purpose, each in a thread of the test."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vre_portal.services import Service, ServiceKind

Answer = Callable[["Handler"], None]


@dataclass
class Seen:
    """What arrived: request lines, and the headers of each."""

    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the test's function."""

    protocol_version = "HTTP/1.1"
    answer: Answer
    seen: Seen
    going: threading.Event

    def do_GET(self) -> None:
        self.seen.lines.append(self.requestline)
        self.seen.headers.append(dict(self.headers.items()))
        try:
            type(self).answer(self)
        except OSError:
            self.close_connection = True  # the client had enough

    do_POST = do_GET

    def begin(self, status: int = 200, **headers: str) -> None:
        """Send the head of an answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def whole(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Send a whole answer."""
        self.begin(status, Content_Length=str(len(body)), **headers)
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: what was asked is in `seen`."""


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[tuple[Service, Seen]]:
    """A server that gives `answer` to everything, as a service of the registry, with what it saw."""
    seen, going = Seen(), threading.Event()
    going.set()
    handler = type("Own", (Handler,), {"answer": answer, "seen": seen, "going": going})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.block_on_close = True, False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    port = server.server_address[1]
    try:
        # The port in the name gives each server a session of its own.
        yield Service(ServiceKind.REANA, f"test-{port}", "Test service", f"{'https' if tls else 'http'}://127.0.0.1:{port}"), seen
    finally:
        going.clear()
        server.shutdown()
        server.server_close()


def silent(_client: socket.socket) -> None:
    """Accepts, and never says a word."""


def trickling_head(client: socket.socket) -> None:
    """A header that never ends, a byte now and then, so that no single wait is long."""
    client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        client.sendall(b"x")
        time.sleep(0.1)


def trickling_body(client: socket.socket) -> None:
    """A body in which no single wait is long."""
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-JupyterHub-Version: 5\r\nContent-Length: 100000\r\n\r\n")
    while True:
        client.sendall(b" ")
        time.sleep(0.1)


@contextmanager
def hanging(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that takes every connection, keeps it, and answers as `speak` does."""
    server, kept = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        while True:
            try:
                client = server.accept()[0]
            except OSError:
                return
            kept.append(client)
            threading.Thread(target=one, args=(client,), daemon=True).start()

    def one(client: socket.socket) -> None:
        try:
            speak(client)
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for client in kept:
            client.close()
