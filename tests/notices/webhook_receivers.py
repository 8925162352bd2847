"""Receivers of webhooks: a real server that behaves as it is told, and what it got."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from vre_portal import services
from vre_portal.services import Service, ServiceKind

TEN_MEGABYTES = 10 * 1024 * 1024


@dataclass
class Message:
    """One message as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


@dataclass
class Receiver:
    """Answers each message as `mode` says: a status, or one of the bad manners."""

    url: str = ""
    mode: str = "200"
    answer: bytes = b"thanks"
    location: str = ""
    retry_after: str = ""
    got: list[Message] = field(default_factory=list)
    mode_of: Callable[[Message], str] | None = None
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def ids(self) -> list[str]:
        return [message.headers["webhook-id"] for message in self.got]


def handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.got.append(message)
            mode = receiver.mode_of(message) if receiver.mode_of else receiver.mode
            getattr(self, f"do_{mode}", self.plainly)(mode)

        def plainly(self, mode: str) -> None:
            self.send_response(int(mode))
            if receiver.location:
                self.send_header("Location", receiver.location)
            if receiver.retry_after:
                self.send_header("Retry-After", receiver.retry_after)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def do_hang(self, _mode: str) -> None:
            receiver.over.wait(60)

        def do_drip(self, _mode: str) -> None:
            """A head that never ends, a byte at a time."""
            for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
                if receiver.over.wait(0.1):
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()

        def do_large(self, _mode: str) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(TEN_MEGABYTES))
            self.end_headers()
            for _ in range(TEN_MEGABYTES // 65536):
                self.wfile.write(b"x" * 65536)

        def do_garbage(self, _mode: str) -> None:
            self.wfile.write(b"\x00\xff not http at all\r\n\r\n")

    return Handler


class Server(ThreadingHTTPServer):
    """Answers each in a thread; who goes away is no news."""

    daemon_threads = True
    request_queue_size = 50

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing."""


@contextmanager
def receiving(mode: str = "200") -> Iterator[Receiver]:
    """A receiver on this machine."""
    receiver = Receiver(mode=mode)
    server = Server(("127.0.0.1", 0), handler_of(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()


def allow(monkeypatch: Any, *addresses: str) -> None:
    """Let services.toml name these hosts as receivers."""
    known = [item for item in services._all() if item.kind is not ServiceKind.WEBHOOK]
    named = [
        Service(kind=ServiceKind.WEBHOOK, name=f"receiver-{number}", title="Receiver", url=f"http://{urlsplit(address).netloc}")
        for number, address in enumerate(addresses)
    ]
    monkeypatch.setattr(services, "_all", lambda: (*known, *named))


def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
