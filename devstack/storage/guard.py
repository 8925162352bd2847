"""Let only known hosts and bearers of a good token pass, and let people add files without changing any."""

import hmac
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devstack import address
from devstack.storage.bearer import DOWNLOADED, Issuer, check_reach, token_of
from devstack.storage.refusals import Refused, asked, inside, quoted
from devstack.storage.tape import API, Library
from devstack.storage.writers import Writers

READ = {"OPTIONS", "HEAD", "GET", "PROPFIND"}
WRITE = {"PUT", "MKCOL", "MOVE", "DELETE"}
WRITABLE = b"/erlangen/"
# Scopes that only members of a group may touch: the storage asks the token, whatever door the person comes by.
RESTRICTED = {"KM3NET_EMBARGO_SP": {"/escape/km3net-embargo", "/escape/leads"}}
UPLOAD = ".rucio.upload"  # an upload's name until it is whole, as Rucio's own clients have it
HOSTS = {f"{name}:{address.PORTS['storage']}" for name in (address.HOST, "localhost")}
PAGE = (
    b"<!doctype html><html lang=en><title>Storage of the local stack</title>"
    b"<p>A demonstration with public passwords: keep nothing here that matters.</p></html>"
)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def scope_of(path: Path) -> str:
    """The scope whose folder a path below the storages' folder is in: `erlangen/SCOPE/ab/cd/name`."""
    return path.parts[1] if len(path.parts) > 1 else ""


class Guard:
    """WSGI middleware before the WebDAV server."""

    def __init__(self, application: Application, folder: Path) -> None:
        self.application = application
        self.folder = folder.resolve()
        self.issuer = Issuer()
        self.writers = Writers()
        self.tape = Library(self.folder)
        self.service = address.secret("storage-service").encode()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            if environ.get("HTTP_HOST") not in HOSTS:
                raise Refused("400 Bad Request", "This server does not answer to that name.")
            if environ["PATH_INFO"] == "/" and environ["REQUEST_METHOD"] == "GET":
                start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("X-Content-Type-Options", "nosniff")])
                return [PAGE]
            token, in_address = token_of(environ)
            is_service = not in_address and hmac.compare_digest(token.encode(), self.service)  # Rucio's own transfer daemon may do all
            if is_service and environ["PATH_INFO"].startswith(API):
                status, content = self.tape.answer(environ)
                start_response(status, [("Content-Type", "application/json")])
                return [json.dumps(content).encode()]
            if not is_service:
                self.check_person(environ, token, in_address)
            self.tape.check_read(environ)
            self.make_parents(environ)
            if environ["REQUEST_METHOD"] == "HEAD" and inside(self.folder, asked(environ["PATH_INFO"])).is_dir():
                start_response("200 OK", [("Content-Length", "0")])  # Rucio's way of asking whether a storage is there
                return []
        except Refused as refusal:
            headers = [("Content-Type", "text/plain"), ("Connection", "close")]
            if refusal.status.startswith("401"):
                headers.append(("WWW-Authenticate", 'Bearer realm="storage"'))
            start_response(refusal.status, headers)
            return [f"{refusal}\n".encode()]
        if not in_address:
            return self.application(environ, start_response)
        return self.application(environ, lambda status, headers, *rest: start_response(status, [*headers, *DOWNLOADED], *rest))

    def check_person(self, environ: dict[str, Any], token: str, in_address: bool) -> None:
        """A person reads what is not restricted, and adds files in their scopes; what is there stays, for others rely on its checksum."""
        claims, method = self.issuer.accepted(token), environ["REQUEST_METHOD"]
        if method not in READ | WRITE:
            raise Refused("405 Method Not Allowed", "That cannot be done here.")
        target = inside(self.folder, asked(environ["PATH_INFO"]))
        check_reach(claims, in_address, method, target, self.folder)
        self.check_groups(target, claims)
        if method in WRITE:
            self.check_scopes(environ, token, claims, target)
        unfinished = target.name.endswith(UPLOAD)
        if method == "PUT" and target.exists() and not unfinished:
            raise Refused("409 Conflict", "There is a file of that name.")
        if method in ("DELETE", "MOVE") and not unfinished:
            raise Refused("403 Forbidden", "Only an unfinished upload may be moved or removed.")
        if method == "MOVE":
            environ["HTTP_OVERWRITE"] = "F"

    def check_groups(self, target: Path, claims: dict[str, Any]) -> None:
        """A restricted scope is a folder below a storage's own, by the rule that Rucio makes paths with."""
        groups = RESTRICTED.get(scope_of(target.relative_to(self.folder)))
        if groups and not groups & set(claims.get("wlcg.groups") or ()):
            raise Refused("403 Forbidden", "These data are restricted: the token names none of the groups that may read them.")

    def check_scopes(self, environ: dict[str, Any], token: str, claims: dict[str, Any], target: Path) -> None:
        """What is written, and where it is moved to, is in a scope of the person's."""
        targets = [target]
        if environ["REQUEST_METHOD"] == "MOVE":
            targets.append(inside(self.folder, quoted(urlsplit(environ.get("HTTP_DESTINATION", "")).path)))
        for path in targets:
            self.writers.check(token, claims, path.relative_to(self.folder))

    def make_parents(self, environ: dict[str, Any]) -> None:
        """Make the folders above what is written: Rucio reads "409, no such folder" as "the file exists"."""
        method, here = environ["REQUEST_METHOD"], asked(environ["PATH_INFO"])
        if method in READ:
            return
        destination = quoted(urlsplit(environ.get("HTTP_DESTINATION", "")).path) if method in ("MOVE", "COPY") else here
        if not destination.startswith(WRITABLE) or not here.startswith(WRITABLE):
            raise Refused("403 Forbidden", "This storage is read-only over https.")
        if method in ("PUT", "MKCOL", "MOVE", "COPY"):
            inside(self.folder, destination).parent.mkdir(parents=True, exist_ok=True)
