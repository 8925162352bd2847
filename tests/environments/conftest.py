"""A registry of images that speaks the protocol of real ones over HTTP, with manifests and configurations."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache

DIGEST, LINUX, CONFIG = (f"sha256:{sign * 64}" for sign in "abc")
INDEX = {"manifests": [{"digest": f"sha256:{'d' * 64}", "platform": {"os": "linux", "architecture": "arm64"}},
                       {"digest": LINUX, "platform": {"os": "linux", "architecture": "amd64"}}]}  # fmt: skip
MANIFEST = {"config": {"digest": CONFIG, "size": 10}, "layers": [{"size": 1000}, {"size": 234}]}


@dataclass
class Registry:
    """What it answers by path below /v2/team/image, with the digest that it names for the tag; and what it was asked."""

    host: str = ""
    status: int = 0  # what it answers to everything, where not 0
    digest: str = DIGEST
    content: dict[str, Any] = field(
        default_factory=lambda: {
            "manifests/1.0": INDEX,
            f"manifests/{LINUX}": MANIFEST,
            f"blobs/{CONFIG}": {"created": "2026-03-04T05:06:07.123456789Z"},
        }
    )
    asked: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)  # of single paths
    heads: list[str] = field(default_factory=list)

    @property
    def image(self) -> str:
        return f"{self.host}/team/image:1.0"


@pytest.fixture
def registry(settings: Any) -> Iterator[Registry]:
    known = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/v2/team/image/")
            known.asked.append(name)
            self.answer(name)

        def do_HEAD(self) -> None:
            name = self.path.removeprefix("/v2/team/image/")
            known.heads.append(name)
            self.answer(name, is_head=True)

        def answer(self, name: str, *, is_head: bool = False) -> None:
            body = known.content.get(name)
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(known.status or known.statuses.get(name) or (404 if body is None else 200))
            if known.digest and name == "manifests/1.0":
                self.send_header("Docker-Content-Digest", known.digest)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if not is_head:
                self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.host = f"127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.IMAGE_REGISTRIES = [f"http://{known.host}"]
    cache.clear()
    yield known
    server.shutdown()
    server.server_close()
