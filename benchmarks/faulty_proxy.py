"""A proxy before a REANA that passes every call on, and fails those that it is told to, in the way that it is told."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LATE_SECONDS = 25  # longer than the portal waits for an answer
SLOW_SECONDS = 2
HTML = b"<!doctype html><title>Maintenance</title><p>We are working on it."
KEPT = ("Content-Type", "WWW-Authenticate", "Retry-After")


class Fault(StrEnum):
    """What goes wrong with one call."""

    NONE = "none"
    SLOW = "slow"  # answered after some seconds
    LOST = "reply lost"  # carried out, and the connection is cut before the answer
    LATE = "late"  # carried out, and answered when nobody waits any more
    DOWN = "down"  # the connection is cut before anything is read
    TOO_MANY = "429"
    FAILING = "500"
    FAILED_AFTER = "500 although carried out"
    PAGE = "HTML"


@dataclass(frozen=True)
class Call:
    """One call of the API."""

    method: str
    path: str
    name: str  # the workflow that is created; empty for other calls

    @property
    def is_start(self) -> bool:
        return self.method == "POST" and self.path.endswith("/start")


class Server(ThreadingHTTPServer):
    """Takes it in silence when a worker is killed in the middle of a call."""

    daemon_threads, request_queue_size = True, 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing."""


class Proxy:
    """`fault` says what goes wrong with a call; `counts` how many calls met what, `starts` how often REANA took the start of each workflow."""

    def __init__(self, target: str) -> None:
        self.target = target.removeprefix("http://")
        self.fault: Callable[[Call], Fault] = healthy
        self.counts: Counter[Fault] = Counter()
        self.starts: Counter[str] = Counter()
        self.lock = threading.Lock()
        handler = type("Own", (Handler,), {"proxy": self})
        self.server = Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def forward(self, call: Call, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """The real answer, over a connection of its own: one that REANA has just closed would be a fault that nobody ordered."""
        with closing(HTTPConnection(self.target, timeout=60)) as link:
            link.request(call.method, target, body, {**headers, "Host": self.target})
            reply = link.getresponse()
            content = reply.read()
        if call.is_start and reply.status == 200:
            with self.lock:
                self.starts[call.path.split("/")[-2]] += 1
        return reply.status, {key: value for key in KEPT if (value := reply.headers.get(key))}, content


class Handler(BaseHTTPRequestHandler):
    """One connection of the portal."""

    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name = parse_qs(parts.query).get("workflow_name", [""])[0] if self.command == "POST" else ""
        call = Call(self.command, parts.path, name)
        fault = self.proxy.fault(call)
        with self.proxy.lock:
            self.proxy.counts[fault] += 1
        if fault is Fault.DOWN:
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault is Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        answer: tuple[int, dict[str, str], bytes]
        match fault:
            case Fault.TOO_MANY:
                answer = (429, {"Retry-After": "1"}, said("Too many requests in a given amount of time."))
            case Fault.FAILING:
                answer = (500, {}, said("Internal server error."))
            case Fault.PAGE:
                answer = (200, {"Content-Type": "text/html"}, HTML)
            case _:
                sent = {key: value for key, value in self.headers.items() if key not in ("Host", "Connection")}
                answer = self.proxy.forward(call, self.path, body, sent)
        if fault is Fault.LATE:
            time.sleep(LATE_SECONDS)
        if fault is Fault.LOST:
            self.close_connection = True
            return
        self._answer(*((500, {}, said("Internal server error.")) if fault is Fault.FAILED_AFTER else answer))

    do_POST = do_PUT = do_DELETE = do_GET

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # nobody waits any more

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def healthy(_: Call) -> Fault:
    """Nothing goes wrong."""
    return Fault.NONE


def said(words: str) -> bytes:
    return json.dumps({"message": words}).encode()
