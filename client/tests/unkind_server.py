"""A real HTTP server on this machine that answers as a test says, kindly or not, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

Answer = Callable[["Request"], None]


@dataclass(frozen=True)
class Seen:
    """What was asked."""

    path: str
    headers: dict[str, str]
    body: bytes


class Request(BaseHTTPRequestHandler):
    """One request, and ways to answer it."""

    protocol_version = "HTTP/1.1"
    server: "_Server"  # type: ignore[assignment]
    body = b""

    def _handle(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.server.own.seen.append(Seen(self.path, dict(self.headers), self.body))
        answers = self.server.own.answers
        answer = answers.get(f"{self.command} {path}") or answers.get(path)
        with suppress(BrokenPipeError, ConnectionResetError):
            answer(self) if answer else self.give(
                404, {"error": {"code": "not_found", "message": "No such thing.", "next": "Check the name."}}
            )

    do_GET = do_POST = do_DELETE = _handle

    def give(self, status: int, content: Any = b"", **headers: str) -> None:
        """Answer with bytes, or with JSON."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(data)), **named}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def cut(self, data: bytes, length: int, status: int = 200, **headers: str) -> None:
        """Announce more than there comes, and hang up."""
        self.give(status, data, Content_Length=str(length), **headers)
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Tests look at what was asked, and nobody reads a log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    own: "UnkindServer"


class UnkindServer:
    """Answers by `path` or `METHOD path`; `seen` has what came."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._server = _Server((host, 0), Request)
        self._server.own = self
        self.url = f"http://{host}:{self._server.server_port}"
        self.answers: dict[str, Answer] = {}
        self.seen: list[Seen] = []

    def says(self, path: str, content: Any, status: int = 200, **headers: str) -> None:
        """The same answer every time."""
        self.answers[path] = lambda request: request.give(status, content, **headers)

    def first(self, path: str, *answers: Answer) -> None:
        """One answer after the other; the last one stays."""
        left = list(answers)
        self.answers[path] = lambda request: (left.pop(0) if len(left) > 1 else left[0])(request)

    def asked(self, path: str) -> list[Seen]:
        """The requests for a path."""
        return [request for request in self.seen if unquote(urlsplit(request.path).path) == path]

    def __enter__(self) -> "UnkindServer":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
