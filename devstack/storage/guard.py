"""Let only known hosts and bearers of a good token pass, and let people add files without changing any."""

import hmac
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

import jwt

from devstack import address

READ = {"OPTIONS", "HEAD", "GET", "PROPFIND"}
WRITE = {"PUT", "MKCOL", "MOVE", "DELETE"}
WRITABLE = "/erlangen/"
# Scopes that only members of a group may touch: the storage asks the token, whatever door the person comes by.
RESTRICTED = {"KM3NET_EMBARGO_SP": {"/escape/km3net-embargo", "/escape/leads"}}
UPLOAD = ".rucio.upload"  # an upload's name until it is whole, as Rucio's own clients have it
HOSTS = {f"{name}:{address.PORTS['storage']}" for name in (address.HOST, "localhost")}
PAGE = (
    b"<!doctype html><html lang=en><title>Storage of the local stack</title>"
    b"<p>A demonstration with public passwords: keep nothing here that matters.</p></html>"
)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Refused(Exception):
    """The request is not let through."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status


class Issuer:
    """The IAM's signing keys, asked for when the first token comes, and again when an unknown key does."""

    def __init__(self) -> None:
        self.keys: jwt.PyJWKClient | None = None

    def claims(self, token: str) -> dict[str, Any]:
        """What a token says, if the IAM signed it for the Data Lake and it has not ended."""
        if self.keys is None:
            with urlopen(f"{address.IAM_ISSUER}.well-known/openid-configuration", timeout=5) as reply:
                self.keys = jwt.PyJWKClient(json.load(reply)["jwks_uri"], cache_keys=True, lifespan=3600, timeout=5)
        key = self.keys.get_signing_key_from_jwt(token)
        options: Any = {"require": ["exp", "iss", "aud", "sub"]}
        claims: dict[str, Any] = jwt.decode(
            token, key.key, algorithms=["RS256", "ES256"], audience="rucio", issuer=address.IAM_ISSUER, options=options
        )
        return claims


def inside(folder: Path, path: str) -> Path:
    """The file that a request's path names; never one outside the folder."""
    target = (folder / unquote(path).lstrip("/")).resolve()
    if not target.is_relative_to(folder):
        raise Refused("400 Bad Request", "That is no path.")
    return target


def scope_of(path: Path) -> str:
    """The scope whose folder a path below the storages' folder is in: `erlangen/SCOPE/ab/cd/name`."""
    return path.parts[1] if len(path.parts) > 1 else ""


class Guard:
    """WSGI middleware before the WebDAV server."""

    def __init__(self, application: Application, folder: Path) -> None:
        self.application = application
        self.folder = folder.resolve()
        self.issuer = Issuer()
        self.service = address.secret("storage-service").encode()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            if environ.get("HTTP_HOST") not in HOSTS:
                raise Refused("400 Bad Request", "This server does not answer to that name.")
            if environ["PATH_INFO"] == "/" and environ["REQUEST_METHOD"] == "GET":
                start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("X-Content-Type-Options", "nosniff")])
                return [PAGE]
            if not self.is_service(environ):
                self.check_person(environ)
            self.make_parents(environ)
            if environ["REQUEST_METHOD"] == "HEAD" and inside(self.folder, environ["PATH_INFO"]).is_dir():
                start_response("200 OK", [("Content-Length", "0")])  # Rucio's way of asking whether a storage is there
                return []
        except Refused as refusal:
            headers = [("Content-Type", "text/plain"), ("Connection", "close")]
            if refusal.status.startswith("401"):
                headers.append(("WWW-Authenticate", 'Bearer realm="storage"'))
            start_response(refusal.status, headers)
            return [f"{refusal}\n".encode()]
        return self.application(environ, start_response)

    def is_service(self, environ: dict[str, Any]) -> bool:
        """Whether it is Rucio's own transfer daemon."""
        return hmac.compare_digest(self.token(environ).encode(), self.service)

    @staticmethod
    def token(environ: dict[str, Any]) -> str:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused("401 Unauthorized", "A bearer token is needed.")
        return str(token.strip())

    def check_person(self, environ: dict[str, Any]) -> None:
        """A person reads everything, and adds files; what is there stays as it is, for others rely on its checksum."""
        try:
            claims = self.issuer.claims(self.token(environ))
        except jwt.PyJWKClientConnectionError:
            raise Refused("503 Service Unavailable", "The IAM cannot be asked for its keys.") from None
        except jwt.PyJWTError:
            raise Refused("401 Unauthorized", "The token is not good for this storage.") from None
        except OSError:
            raise Refused("503 Service Unavailable", "The IAM cannot be asked for its keys.") from None
        method = environ["REQUEST_METHOD"]
        if method not in READ | WRITE:
            raise Refused("405 Method Not Allowed", "That cannot be done here.")
        target = inside(self.folder, environ["PATH_INFO"])
        self.check_groups(target, claims)
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

    def make_parents(self, environ: dict[str, Any]) -> None:
        """Make the folders above what is written: Rucio reads "409, no such folder" as "the file exists"."""
        method, destination = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method in READ:
            return
        if method in ("MOVE", "COPY"):
            destination = urlsplit(environ.get("HTTP_DESTINATION", "")).path
        if not destination.startswith(WRITABLE) or not environ["PATH_INFO"].startswith(WRITABLE):
            raise Refused("403 Forbidden", "This storage is read-only over https.")
        if method in ("PUT", "MKCOL", "MOVE", "COPY"):
            inside(self.folder, destination).parent.mkdir(parents=True, exist_ok=True)
