"""One call of REANA's API, by the name that reana-commons' description of the API gives it, in the server's own dialect."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from projects.workflows.reana.answers import Ping
from vre_portal.http import RemoteRefused, RemoteUnavailable, Reply, Stream, request, stream
from vre_portal.services import Service
from vre_portal.text import plain

TIMEOUT = (2.0, 20.0)
PING_SECONDS = 300.0  # how long a server's dialect is believed
MESSAGE_LENGTH = 500
_known: dict[str, tuple[float, Ping]] = {}


@cache
def operations() -> dict[str, tuple[str, str]]:
    """Name -> (method, path): the description that reana-client uses, read without reana-client."""
    text = files("reana_commons").joinpath("openapi_specifications/reana_server.json").read_text()
    paths = json.loads(text)["paths"]
    return {operation["operationId"]: (method.upper(), path) for path, methods in paths.items() for method, operation in methods.items()}


def place(operation: str, workflow: str = "", file_name: str = "") -> tuple[str, str]:
    """The method and the path of an operation on one workflow."""
    method, path = operations()[operation]
    path = path.replace("{workflow_id_or_name}", quote(workflow, safe=""))
    return method, path.replace("{file_name}", quote(file_name, safe="/"))


@contextmanager
def understood(server: Service) -> Iterator[None]:
    """An answer of another shape than REANA's is a failing server, not a mistake of the person."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError):
        raise RemoteUnavailable(f"{server.title} answered with something that REANA does not say.", service=server) from None


def known(server: Service, *, fresh: bool = False) -> Ping:
    """What the server can do, asked at most every few minutes."""
    until, found = _known.get(server.url, (0.0, Ping(False, ())))
    if fresh or until < time.monotonic():
        reply = request(server, "GET", place("ping")[1], timeout=TIMEOUT)
        _refuse(server, reply.status, reply.body)
        with understood(server):
            found = Ping.of(reply.json())
        _known[server.url] = (time.monotonic() + PING_SECONDS, found)
    return found


def identity(server: Service, token: str) -> tuple[str | None, dict[str, str]]:
    """How this server wants the token: in the header, or (version 0.9) in the query. The registry may say it outright."""
    wanted = server.options.get("dialect") or ("bearer" if known(server).bearer else "query")
    return (token, {}) if wanted == "bearer" else (None, {"access_token": token})


def call(
    server: Service, token: str, operation: str, workflow: str = "", *, params: Mapping[str, Any] | None = None, **options: Any
) -> Reply:
    """One call with a whole answer; raises RemoteRefused with REANA's own words."""
    method, path = place(operation, workflow)
    header, query = identity(server, token)
    sent = {"timeout": TIMEOUT, "deadline": 60.0, **options}
    reply = request(server, method, path, token=header, params={**query, **(params or {})}, raise_5xx=False, **sent)
    _refuse(server, reply.status, reply.body)
    return reply


@contextmanager
def opened(server: Service, token: str, operation: str, workflow: str, *, file_name: str, headers: Mapping[str, str]) -> Iterator[Stream]:
    """One call whose answer is read piece by piece."""
    method, path = place(operation, workflow, file_name)
    header, query = identity(server, token)
    with stream(server, method, path, token=header, params=query, headers=headers, timeout=TIMEOUT) as answer:
        if answer.status not in (200, 206):
            _refuse(server, answer.status, answer.read(64 * 1024))
            raise RemoteUnavailable(f"{server.title} answered with status {answer.status}.", service=server)
        yield answer


def _refuse(server: Service, status: int, body: bytes) -> None:
    """Raise what the status means; REANA says some refusals with 500, and those are told by their words."""
    if status in (200, 201, 206):
        return
    said = _message(body)
    if status >= 500 and "Unknown workflow type" not in said:
        raise RemoteUnavailable(f"{server.title} is failing (status {status}).", service=server)
    if status < 400:
        raise RemoteUnavailable(f"{server.title} answered with status {status}, which REANA does not do.", service=server)
    code = {401: "sign-in", 403: "forbidden", 404: "not-found", 409: "conflict"}.get(status, "")
    raise RemoteRefused(
        f"{server.title} says: {said}" if said else f"{server.title} refused (status {status}).", service=server, status=status, code=code
    )


def _message(body: bytes) -> str:
    """REANA's words for a refusal."""
    try:
        said = json.loads(body)["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return plain(said)[:MESSAGE_LENGTH] if isinstance(said, str) else ""
