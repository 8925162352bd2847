"""A project with a member, sessions in it, and hubs that are away or behave badly."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from devstack import address
from projects.models import Membership, Project, Role
from projects.notebooks import worker
from projects.notebooks.models import Session
from tests.devstack.hub_client import grant
from tests.factories import make_project, make_public, make_resource
from tests.notebooks.own_hub import OwnHub
from vre_portal import services as registry
from vre_portal.iam.models import User
from vre_portal.policies.services import accept
from vre_portal.policies.texts import policies
from vre_portal.services import Service, ServiceKind

MakeSession = Callable[..., Session]
SignIn = Callable[..., Client]
UseHub = Callable[[str], Service]
TOKEN = "the-secret-that-the-tests-own-hub-and-portal-share"


@pytest.fixture
def project(db: None) -> Project:
    found = make_public(slug="notebook-test", title="A test of notebooks", groups={"escape/km3net": "member"})
    make_resource(found, identifier="KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf")
    return found


@pytest.fixture
def make_session(project: Project, people: dict[str, User]) -> MakeSession:
    def make(by: User | None = None, **facts: Any) -> Session:
        known = {"by": by or people["member"], "project": project, "hub": "hub", "server": project.slug, "key": uuid.uuid4()}
        return Session.objects.create(**{**known, **facts})

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


@pytest.fixture(scope="module")
def started_hub(tmp_path_factory: pytest.TempPathFactory, live_server: Any) -> Iterator[OwnHub]:
    """A real hub that asks the portal under test before each start."""
    if not (address.ENVS / "hub" / ".stamp").exists() or not (address.ENVS / "lab" / ".stamp").exists():
        pytest.skip("JupyterHub and JupyterLab are not installed (make run)")
    hub = OwnHub(tmp_path_factory.mktemp("hub"), TOKEN)
    hub.start(live_server.url)
    yield hub
    hub.end()


@pytest.fixture
def own_hub(started_hub: OwnHub, monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[OwnHub]:
    """That hub as the one that the portal is configured with; nothing runs at it afterwards."""
    use_service(monkeypatch, started_hub.url, {"token": TOKEN, "files_outlast_servers": True})
    yield started_hub
    started_hub.clear()


def use_service(monkeypatch: pytest.MonkeyPatch, url: str, options: dict[str, Any]) -> Service:
    """Let services.toml name this hub in place of its own; what else it names stays."""
    hub = Service(ServiceKind.JUPYTERHUB, "hub", "Test hub", url, options=options)
    others = [item for item in registry.services() if item.kind != ServiceKind.JUPYTERHUB]
    monkeypatch.setattr(registry, "_all", lambda: (*others, hub))
    return hub


@pytest.fixture
def somebody(own_hub: OwnHub) -> Callable[..., tuple[User, str]]:
    """A person of their own for a test, who leads the projects that are named, known at the hub; with their token there."""

    def make(*slugs: str) -> tuple[User, str]:
        subject = str(uuid.uuid4())
        person = User.objects.for_identity(address.IAM_ISSUER, subject, name="Sam Somebody", groups=["escape"])
        accept(person, policies())
        for slug in slugs:
            project = Project.objects.filter(slug=slug).first() or make_project(slug=slug)
            Membership.objects.create(project=project, user=person, role=Role.MEMBER)
        return person, own_hub.know(subject)

    return make


def opened(person: User, slug: str, **facts: Any) -> Session:
    """A session of somebody for a project, after a worker was told to start it."""
    project = Project.objects.get(slug=slug)
    known = {"by": person, "project": project, "hub": "hub", "server": slug, "key": uuid.uuid4()}
    return started(Session.objects.create(**{**known, **facts}))


@pytest.fixture(scope="module")
def granted() -> None:
    """The portal that the hub asks is the running one, not the one under test."""
    grant("notebook-test")
