"""A lake whose answers a test writes row by row: for what a real Rucio cannot be made to say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.vre_portal.servers import Handler, serving
from vre_portal.services import Service, ServiceKind, service

STREAM = "application/x-json-stream"


def row(scope: str, name: str, **more: Any) -> dict[str, Any]:
    """A DID as Rucio's table has it."""
    plain = {"scope": scope, "name": name, "did_type": "FILE", "bytes": 1, "account": "lead", "created_at": "Sun, 01 Mar 2026 00:00:00 UTC"}
    return {**plain, **more}


@dataclass
class Lake:
    """Scopes with the raw lines of their listings; what `bulkmeta` says of names that need something else than a plain row."""

    scopes: dict[str, list[Any]] = field(default_factory=dict)
    owners: list[Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)  # by name: a row, or an int for a status
    words: dict[str, Any] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)  # scopes of which nothing is told
    is_down: bool = False
    left: int | None = None  # questions that are answered before it goes down
    asked: list[str] = field(default_factory=list)

    def answer(self, handler: Handler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(length)) if length else {}
        parts = urlsplit(handler.path)
        self.asked.append(parts.path)
        if self.left is not None:
            self.left -= 1
            self.is_down = self.is_down or self.left < 0
        if self.is_down:
            return handler.whole(b"", 500)
        if parts.path == "/ping":
            return handler.whole(b'{"version": "41"}', Content_Type="application/json")
        if parts.path.startswith("/scopes"):
            owners = self.owners or [{"scope": name, "account": "lead"} for name in self.scopes]
            return handler.whole(json.dumps(owners).encode(), Content_Type="application/json")
        if parts.path == "/dids/bulkmeta":
            return self.bulk(handler, body)
        scope = unquote(parts.path.split("/")[2])
        if scope in self.failing:
            return handler.whole(b"", 500)
        wanted = parse_qs(parts.query).get("filters", [""])[0]
        rows = [] if "closed_at" in wanted else list(self.words) if "updated_at" in wanted else self.scopes[scope]
        return self.send(handler, rows)

    def bulk(self, handler: Handler, body: dict[str, Any]) -> None:
        told = self.facts if body["plugin"] == "DID_COLUMN" else self.words
        scope = body["dids"][0]["scope"]
        if scope in self.failing:
            return handler.whole(b"", 500)
        names = [item["name"] for item in body["dids"] if item["name"] in self.scopes[scope]]
        rows = [told.get(name, row(scope, name)) for name in names]
        if status := next((item for item in rows if isinstance(item, int)), None):
            return handler.whole(b"", status)
        return self.send(handler, rows)

    @staticmethod
    def send(handler: Handler, rows: list[Any]) -> None:
        lines = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in rows]
        handler.whole(b"\n".join(lines) + b"\n", Content_Type=STREAM)


@contextmanager
def serving_lake(lake: Lake) -> Iterator[Service]:
    """The lake `escape` at the address of these answers."""
    with serving(lake.answer) as (server, _):
        yield replace(service(ServiceKind.RUCIO, "escape"), url=server.url)
