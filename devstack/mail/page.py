"""The page to read mail, and the same for tests: /api/mails, /api/mails/3, /api/faults."""

import json
import time
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devstack.mail.server import Server
from devstack.mail.store import Mail, Store
from devstack.plain_pages import CONTROL, SECURITY, html_page

EMPTY = "No mail yet. What the portal sends to anybody arrives here and goes nowhere else."


def list_page(mails: list[Mail]) -> str:
    rows = "".join(
        f"<tr><td>{time.strftime('%d %b %H:%M:%S', time.gmtime(mail.at))} UTC</td><td>{escape(', '.join(mail.recipients))}</td>"
        f'<td><a href="/mails/{mail.number}">{escape(str(mail.message["Subject"]))}</a></td></tr>'
        for mail in mails
    )
    table = f"<table><thead><tr><th>Received</th><th>To</th><th>Subject</th></tr></thead><tbody>{rows}</tbody></table>"
    return html_page("Mail", f"<main><h1>Mail</h1>{table if mails else f'<p>{EMPTY}</p>'}</main>")


def mail_page(mail: Mail) -> str:
    """One mail, all of it as source: what a mail contains is never run."""
    headers = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in mail.message.items())
    parts = "".join(
        f"<h2>{title}</h2><pre>{escape(text)}</pre>"
        for title, text in (
            ("Text", mail.part("plain")),
            ("HTML source", mail.part("html")),
            ("As it arrived", mail.raw.decode(errors="replace")),
        )
    )
    subject = escape(str(mail.message["Subject"]))
    return html_page("Mail", f'<main><p><a href="/">All mail</a></p><h1>{subject}</h1><dl>{headers}</dl>{parts}</main>')


def make_server(store: Store, smtp: Server, host: str, port: int) -> ThreadingHTTPServer:
    """The page's server, not yet running."""
    names = {f"{host}:{port}", f"localhost:{port}"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            number = path.rpartition("/")[2]
            mail = store.get(int(number)) if number.isdecimal() else None
            if path == "/":
                self.answer(200, list_page(store.all()))
            elif path == "/api/mails":
                self.answer(200, {"items": [item.facts(whole=True) for item in store.all()]})
            elif path == f"/mails/{number}" and mail:
                self.answer(200, mail_page(mail))
            elif path == f"/api/mails/{number}" and mail:
                self.answer(200, mail.facts(whole=True))
            else:
                self.answer(404, html_page("Not found", "<main><h1>Not found</h1></main>"))

        def do_POST(self) -> None:
            self.change(lambda sent: smtp.fail(sent) if self.path == "/api/faults" else None)

        def do_DELETE(self) -> None:
            self.change(lambda _sent: store.clear() or {} if self.path == "/api/mails" else None)  # type: ignore[func-returns-value]

        def change(self, act: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(min(length, 100_000))
            if self.headers.get("Host") not in names:
                self.answer(400, {"error": "unknown host"})
                return
            if CONTROL not in self.headers:
                self.answer(403, {"error": f"the header {CONTROL} is missing"})
                return
            try:
                done = act(json.loads(sent or b"{}"))
            except (ValueError, TypeError) as error:
                self.answer(400, {"error": str(error)})
            else:
                self.answer(404 if done is None else 200, done or {})

        def answer(self, status: int, body: str | dict[str, Any]) -> None:
            if self.headers.get("Host") not in names:  # a page elsewhere could rebind its name to us
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

    return ThreadingHTTPServer((host, port), Handler)
