"""A registry of images that speaks the protocol of real ones over HTTP; something that runs tests; and a services.toml to write."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from vre_portal import environment_tests, services
from vre_portal.environment_tests import Order, Progress
from vre_portal.iam.models import User

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


class Here:
    """Runs the command in a child of the tests; one step to begin, one to end."""

    key = "here"
    title = "This machine"

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.images: list[str] = []
        self.abandoned: list[str] = []
        self.error: Exception | None = None
        self.log = ""  # what a test that ended early shows

    def refusal(self, user: User) -> str:
        return "Not you." if user.preferred_username == "outsider" else ""

    def advance(self, order: Order, memo: Mapping[str, Any]) -> Progress:
        if self.error:
            raise self.error
        if self.log:
            return Progress({"begun": True}, is_over=True, output=self.log, words=self.log)
        if not memo:
            self.begun.append(order.name)
            self.images.append(order.image)
            return Progress({"begun": True}, words="Started.")
        command = order.command.replace("python3", sys.executable, 1)
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
        return Progress(memo, is_over=True, output=done.stdout + done.stderr)

    def abandon(self, order: Order, memo: Mapping[str, Any]) -> None:
        self.abandoned.append(order.name)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    starter = Here()
    monkeypatch.setattr(environment_tests, "_starters", {"here": starter})
    return starter  # type: ignore[return-value]


FILE = """
[[service]]
kind = "reana"
name = "reana"
title = "R"
url = "http://127.0.0.1:1"
[service.options]
images = ["python:3.12"]
[[service.options.environments]]
name = "analysis"
title = "Analysis"
image = "ghcr.io/vre/analysis:{tag}"
packages = "{packages}"
imports = ["numpy", "scipy.stats"]
has_gpu = false
[[service]]
kind = "jupyterhub"
name = "hub"
title = "H"
url = "http://127.0.0.1:1"
[service.options]
token = "x"
[[service.options.environments]]
name = "analysis"
image = "ghcr.io/vre/analysis:{tag}"
"""
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, settings: Any) -> Any:
    (tmp_path / "lock.txt").write_text("numpy==2.1.0\n")
    settings.SERVICES_FILE = str(tmp_path / "services.toml")

    def written(text: str = FILE, *, tag: str = "1", packages: str = "lock.txt") -> None:
        (tmp_path / "services.toml").write_text(text.replace("{tag}", tag).replace("{packages}", packages))
        services._all.cache_clear()

    yield written
    services._all.cache_clear()
