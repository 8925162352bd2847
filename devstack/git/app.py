"""The server: repositories of one folder over smart HTTP, and a page that lists them; nothing can be pushed."""

from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

from dulwich.repo import Repo
from dulwich.server import Backend
from dulwich.web import make_wsgi_chain

from devstack.address import state_dir

Respond = Callable[[str, list[tuple[str, str]]], Any]


class Folder(Backend):
    """The repositories that stand directly in one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        return sorted(folder.name for folder in self.root.glob("*.git"))

    def open_repository(self, path: str | bytes) -> Any:
        """The repository at an address; KeyError, which is a 404, for every other one."""
        name = (path.decode(errors="replace") if isinstance(path, bytes) else path).strip("/")
        if name not in self.names():
            raise KeyError(path)
        return Repo(str(self.root / name))


def application(root: Path) -> Callable[[dict[str, Any], Respond], Iterable[bytes]]:
    """The WSGI application for the repositories of a folder."""
    backend = Folder(root)
    git = make_wsgi_chain(backend)

    def handle(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        if path in ("", "/"):
            lines = "".join(f"<li><code>{escape(name)}</code></li>" for name in backend.names())
            page = f"<!doctype html><title>Repositories</title><h1>Demonstration repositories</h1><ul>{lines}</ul>".encode()
            respond("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))])
            return [page]
        if "git-receive-pack" in path or "git-receive-pack" in query:
            respond("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "10")])
            return [b"read only\n"]
        if path.strip("/").split("/")[0] not in backend.names():
            respond("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "10")])
            return [b"not found\n"]
        return git(environ, respond)  # type: ignore[no-any-return, arg-type]

    return handle


def app(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
    """The stack's own repositories."""
    return application(state_dir("git"))(environ, respond)
