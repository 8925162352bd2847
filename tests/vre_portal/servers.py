"""Small real servers that behave badly on purpose, each in a thread of the test."""

import ssl
import threading
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
