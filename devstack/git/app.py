"""The server: repositories of one folder over smart HTTP, and a page that lists them; nothing can be pushed."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dulwich.repo import Repo
from dulwich.server import Backend
from dulwich.web import GunzipFilter, HTTPGitApplication, LimitedInputFilter

from devstack.address import state_dir
from devstack.git import examples, version2

Respond = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], Respond], Iterable[bytes]]
OnDemand = Callable[[Path], None]  # writes the repository unless it is there
SERVICE = "git-upload-pack"


class Folder(Backend):
    """The repositories that stand directly in one folder, and those that are written there when they are first asked for."""

    def __init__(self, root: Path, on_demand: Mapping[str, OnDemand]) -> None:
        self.root, self.on_demand = root, on_demand

    def names(self) -> list[str]:
        return sorted({folder.name for folder in self.root.glob("*.git")} | self.on_demand.keys())

    def open_repository(self, path: str | bytes) -> Any:
        """The repository at an address; KeyError, which is a 404, for every other one."""
        name = (path.decode(errors="replace") if isinstance(path, bytes) else path).strip("/")
        if name not in self.names():
            raise KeyError(path)
        if name in self.on_demand:
            self.on_demand[name](self.root / name)
        return Repo(str(self.root / name))


def page(names: Iterable[str]) -> bytes:
    """The list of the repositories."""
    lines = "".join(f"<li><code>{escape(name)}</code></li>" for name in names)
    return f"<!doctype html><title>Repositories</title><h1>Demonstration repositories</h1><ul>{lines}</ul>".encode()


def application(root: Path, on_demand: Mapping[str, OnDemand] = MappingProxyType({})) -> Application:
    """The WSGI application for the repositories of a folder, in version 2 of the protocol for those who ask in it, else in version 0."""
    backend = Folder(root, on_demand)
    version0: Any = HTTPGitApplication(backend)

    def handle(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")

        def send(status: str, kind: str, body: bytes) -> Iterable[bytes]:
            respond(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-cache")])
            return [body]

        if path in ("", "/"):
            return send("200 OK", "text/html; charset=utf-8", page(backend.names()))
        if "git-receive-pack" in path or "git-receive-pack" in query:
            return send("403 Forbidden", "text/plain", b"read only\n")
        name, _, rest = path.strip("/").partition("/")
        if name not in backend.names():
            return send("404 Not Found", "text/plain", b"not found\n")
        if "version=2" not in environ.get("HTTP_GIT_PROTOCOL", "").split(":"):
            return version0(environ, respond)  # type: ignore[no-any-return]
        if rest == "info/refs" and query == f"service={SERVICE}":
            return send("200 OK", f"application/x-{SERVICE}-advertisement", version2.advertisement())
        if rest == SERVICE and environ["REQUEST_METHOD"] == "POST":
            try:
                answer = version2.answer(backend.open_repository(name), version2.read(environ["wsgi.input"].read))
            except ValueError:
                return send("400 Bad Request", "text/plain", b"not understood\n")
            respond("200 OK", [("Content-Type", f"application/x-{SERVICE}-result"), ("Cache-Control", "no-cache")])
            return answer
        return version0(environ, respond)  # type: ignore[no-any-return]

    chain: Any = LimitedInputFilter(GunzipFilter(handle))
    return chain  # type: ignore[no-any-return]


def app(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
    """The stack's own repositories."""
    return application(state_dir("git"), examples.ON_DEMAND)(environ, respond)
