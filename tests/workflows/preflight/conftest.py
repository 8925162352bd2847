"""Two REANA servers, and a registry of images that speaks the protocol of real ones over HTTP."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache

from projects.models import Membership, Project, Role
from projects.workflows.models import Specification
from tests.factories import make_project
from vre_portal import services as configured

SERVERS = """
[[service]]
kind = "reana"
name = "near"
title = "Near REANA"
url = "http://127.0.0.1:1"
options = { dialect = "bearer", gpu = false }

[[service]]
kind = "reana"
name = "far"
title = "Far REANA"
url = "http://127.0.0.1:2"
options = { dialect = "query", gpu = true }
"""
TEXT = """
inputs: {parameters: {years: 10}}
workflow:
  type: serial
  specification:
    steps:
      - {name: fetch, environment: "FETCH", commands: ["echo ${years}"]}
      - {name: fit, environment: "FIT", commands: ["echo 1"]}
"""


@dataclass
class Registry:
    """What a registry has, how it answers, and what it was asked."""

    host: str = ""
    images: set[str] = field(default_factory=set)  # repository:tag
    private: set[str] = field(default_factory=set)  # repositories
    digests: dict[str, str] = field(default_factory=dict)  # repository:tag -> what it says
    status: int = 0  # what it answers to everything, where not 0
    realm: str = ""  # where it sends for a token, where not to itself
    token: str = "pull-token"
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def registry(settings: Any) -> Iterator[Registry]:
    """Asks for a token first, as ghcr.io and Docker Hub do."""
    known = Registry()

    class Handler(BaseHTTPRequestHandler):
        def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(known.status or status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            known.asked.append(f"HEAD {self.path}")
            repository, _manifests, tag = self.path.removeprefix("/v2/").rpartition("/manifests/")
            if self.headers.get("Authorization") != f"Bearer {known.token}" or repository in known.private:
                realm = known.realm or f"http://{known.host}/token"
                challenge = f'Bearer realm="{realm}",service="registry, of tests",scope="repository:{repository}:pull"'
                self.reply(401, WWW_Authenticate=challenge)
            else:
                digest = {"Docker_Content_Digest": said} if (said := known.digests.get(f"{repository}:{tag}")) else {}
                self.reply(200 if f"{repository}:{tag}" in known.images else 404, **digest)

        def do_GET(self) -> None:
            known.asked.append(f"GET {self.path}")
            query = parse_qs(urlsplit(self.path).query)
            assert query["service"] == ["registry, of tests"]
            self.reply(200, f'{{"token": "{known.token}"}}'.encode())

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


@pytest.fixture
def two_servers(tmp_path: Path, settings: Any) -> Iterator[None]:
    (tmp_path / "services.toml").write_text(SERVERS)
    settings.SERVICES_FILE = str(tmp_path / "services.toml")
    configured._all.cache_clear()
    yield
    configured._all.cache_clear()


@pytest.fixture
def specification(two_servers: None, registry: Registry, people: dict[str, Any]) -> Specification:
    """A workflow of two steps, of whose images the registry has one."""
    project = make_project(visibility=Project.Visibility.PUBLIC)
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    registry.images = {"team/fetch:1.0"}
    text = TEXT.replace("FETCH", f"{registry.host}/team/fetch:1.0").replace("FIT", f"{registry.host}/team/fit:2.0")
    return Specification.objects.create(project=project, name="fit", title="Fit", text=text)
