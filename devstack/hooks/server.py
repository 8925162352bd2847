"""Takes messages at any address, shows the newest on a page, and answers them as a test asks: /api/messages, /api/answer.

Below /chat/ it refuses what Mattermost refuses: a message without `text`, or with a `type` that is none of its own.
"""

import json
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devstack.plain_pages import CONTROL, SECURITY, html_page

MAX_MESSAGES, MAX_BYTES = 200, 1_000_000
EMPTY = "No messages yet. Add a webhook in the settings of a project, with an address at this server such as /hooks/1, or /chat/1 for chat messages."


@dataclass(frozen=True)
class Message:
    """One message as it arrived."""

    path: str
    headers: dict[str, str]
    body: str
    at: float = field(default_factory=time.time)


@dataclass
class Received:
    """The newest messages, and the status with which the next are answered."""

    status: int = 200
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))

    def page(self) -> str:
        items = "".join(
            f"<h2>{time.strftime('%d %b %H:%M:%S', time.gmtime(message.at))} UTC: {escape(message.path)}</h2>"
            f"<pre>{escape(json.dumps(message.headers, indent=1))}</pre><pre>{escape(message.body)}</pre>"
            for message in reversed(self.messages)
        )
        return html_page("Webhooks", f"<main><h1>Webhooks</h1>{items or f'<p>{EMPTY}</p>'}</main>")


def refused_by_chat(body: str) -> str:
    """Why an incoming webhook of Mattermost would answer 400; empty where it would take the message."""
    try:
        message = json.loads(body)
    except ValueError:
        return "Unable to parse incoming data"
    if not isinstance(message, dict) or not isinstance(message.get("text"), str) or not message["text"]:
        return "No text specified"
    kind = message.get("type", "")
    return "" if isinstance(kind, str) and (not kind or kind.startswith("custom_")) else "Invalid type"


def make_server(received: Received, host: str, port: int) -> ThreadingHTTPServer:
    """The server, not yet running."""

    def names() -> set[str]:
        return {f"{name}:{server.server_port}" for name in (host, "localhost")}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self.answer(200, received.page())
            elif self.path == "/api/messages":
                self.answer(200, {"items": [asdict(message) for message in reversed(received.messages)]})
            else:
                self.answer(404, html_page("Not found", "<main><h1>Not found</h1></main>"))

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BYTES)).decode(errors="replace")
            if self.path == "/api/answer":
                if CONTROL not in self.headers or self.headers.get("Host") not in names():
                    self.answer(403, {"error": f"the header {CONTROL} is missing"})
                    return
                received.status = int(json.loads(body)["status"])
                self.answer(200, {"status": received.status})
                return
            received.messages.append(Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if self.path.startswith("/chat/") and (reason := refused_by_chat(body)):
                self.answer(400, {"message": reason})
                return
            self.answer(received.status, {"received": self.path})

        def answer(self, status: int, body: str | dict[str, Any]) -> None:
            if self.headers.get("Host") not in names():  # a page elsewhere could rebind its name to us
                status, body = 400, {"error": "unknown host"}
            content = (body if isinstance(body, str) else json.dumps(body)).encode(errors="replace")
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8" if isinstance(body, str) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in SECURITY.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_HEAD = do_GET

    server = ThreadingHTTPServer((host, port), Handler)
    return server
