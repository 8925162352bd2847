"""Git servers of a test's own, on a free port of this machine, and the operator's word that they may be read."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.repo import Repo

from devstack.git.app import application
from devstack.git.repositories import make
from vre_portal import services
from vre_portal.services import Service, ServiceKind


class Threads(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread, so that one that hangs holds up no other."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class Quiet(WSGIRequestHandler):
    """Says nothing of what is asked."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving(app: Callable[..., Any]) -> Iterator[str]:
    """The address of a server for the application."""
    server = make_server("127.0.0.1", 0, app, Threads, Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def git_server(root: Path, files: Mapping[str, bytes] | None = None) -> Iterator[str]:
    """The address of `analysis.git` with these files, or of whatever else stands in the folder."""
    if files is not None:
        make(root / "analysis.git", files)
    with serving(application(root)) as address:
        yield f"{address}/analysis.git"


def allow(monkeypatch: Any, address: str) -> None:
    """Let services.toml name the host of the address as a host of repositories."""
    url = "/".join(address.split("/")[:3])
    known = tuple(item for item in services._all() if item.kind is not ServiceKind.GIT)
    monkeypatch.setattr(services, "_all", lambda: (*known, Service(kind=ServiceKind.GIT, name="git", title="Git", url=url)))


def repository(root: Path) -> Repo:
    """The repository that `git_server` serves, to be changed by a test."""
    return Repo(str(root / "analysis.git"))
