"""A project with a member, sessions in it, and hubs that are away or behave badly."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from projects.models import Project
from projects.notebooks import worker
from projects.notebooks.models import Session
from tests.factories import make_public, make_resource
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

MakeSession = Callable[..., Session]
UseHub = Callable[[str], Service]


@pytest.fixture
def project(db: None) -> Project:
    found = make_public(slug="notebook-test", title="A test of notebooks", groups={"escape/km3net": "member"})
    make_resource(found, identifier="KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf")
    return found


@pytest.fixture
def make_session(project: Project, people: dict[str, User]) -> MakeSession:
    def make(by: User | None = None, **facts: Any) -> Session:
        known = {"by": by or people["member"], "project": project, "hub": "hub", "server": project.slug, "key": uuid.uuid4()}
        return Session.objects.create(**known, **facts)

    return make


@pytest.fixture
def use_hub(monkeypatch: pytest.MonkeyPatch) -> UseHub:
    """Let the worker speak to another address than the configured hub's."""

    def use(url: str) -> Service:
        hub = Service(ServiceKind.JUPYTERHUB, "hub", "Test hub", url, options={"token": "t"})
        monkeypatch.setattr(worker, "hub_of", lambda session: hub)
        return hub

    return use


def started(session: Session) -> Session:
    """The session after a worker was told to start it."""
    worker.start(session.pk)
    session.refresh_from_db()
    return session


def stopped(session: Session) -> Session:
    """The session after a worker was told to stop it."""
    worker.stop(session.pk)
    session.refresh_from_db()
    return session


class BadHub:
    """Answers every call with what it was told last, and remembers what was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, "{}", {"X-JupyterHub-Version": "6.1.1"}
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    def answer(self, status: int, body: Any = "", **headers: str) -> None:
        self.status, self.body = status, body if isinstance(body, str) else json.dumps(body)
        self.headers = {key.replace("_", "-"): value for key, value in headers.items()}

    def handler(hub) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.asked.append((self.command, self.path))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(hub.status)
                for key, value in hub.headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(hub.body.encode())))
                self.end_headers()
                self.wfile.write(hub.body.encode())

            do_POST = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def serving(hub: BadHub) -> Iterator[BadHub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), hub.handler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def bad_hub(use_hub: UseHub) -> Iterator[BadHub]:
    """A stand-in for faults that a real hub cannot be made to have."""
    with serving(BadHub()) as hub:
        use_hub(hub.url)
        yield hub
