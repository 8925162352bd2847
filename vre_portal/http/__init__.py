"""All calls to remote services: each has a deadline, verified TLS and a size limit, and fails as one of two errors."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from django.utils.translation import gettext as _

from vre_portal import deadlines
from vre_portal.http.errors import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.http.transport import address, pieces, raise_for, sent, waiting_for
from vre_portal.services import Service
from vre_portal.text import storable_json

__all__ = [
    "MAX_BYTES",
    "TIMEOUT",
    "RemoteError",
    "RemoteRefused",
    "RemoteUnavailable",
    "Reply",
    "Stream",
    "address",
    "request",
    "stream",
    "waiting_for",
]
UNSTORABLE = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
TIMEOUT = (1.0, 5.0)  # seconds to connect, seconds between bytes
MAX_BYTES = 8 * 1024 * 1024
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Reply:
    """A whole answer, at most MAX_BYTES long."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    service: Service

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as JSON; a service that answers with something else is failing, not refusing.

        What JSON can spell and no database and no page can hold (NUL, halves of characters) is replaced.
        """
        try:
            found = json.loads(self.body)
            return storable_json(found) if UNSTORABLE.search(self.body) else found
        except (ValueError, RecursionError):
            reason = _("%(service)s sent an answer that is not JSON.") % {"service": self.service.title}
            raise RemoteUnavailable(reason, service=self.service) from None


def request(
    service: Service,
    method: str,
    path: str,
    *,
    token: str | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    data: Any = None,
    files: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] = TIMEOUT,
    deadline: float = 20.0,
    max_bytes: int = MAX_BYTES,
    raise_5xx: bool = True,
) -> Reply:
    """One call with a whole answer. A refusal (4xx) is returned: what it means is for the remote module to say.

    Raises RemoteUnavailable when the service cannot be reached, fails (5xx unless `raise_5xx` is False), asks for a pause
    (429), is slower than `deadline` seconds in all, or sends more than `max_bytes`.
    """
    end = deadlines.end_of(service.kind, deadline)
    with sent(service, method, path, token, headers, timeout, end, params=params, json=json, data=data, files=files) as response:
        body = bytearray()
        for piece in pieces(service, response, CHUNK, end):
            body += piece
            if len(body) > max_bytes:
                reason = _("%(service)s sent more than %(limit)s bytes.") % {"service": service.title, "limit": max_bytes}
                raise RemoteUnavailable(reason, service=service)
        if raise_5xx or response.status_code == 429:
            raise_for(service, response.status_code, response.headers)
        return Reply(response.status_code, response.headers, bytes(body), service)


class Stream:
    """An answer that is read as it comes; leave the `with` block early to stop it."""

    def __init__(self, service: Service, response: requests.Response, end: float) -> None:
        self.service = service
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.ends_within_a_line = False  # known once `lines` is through
        self._response = response
        self._end = end

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The body in pieces of at most `size` bytes."""
        yield from pieces(self.service, self._response, size, self._end)

    def blocks(self, size: int) -> Iterator[bytes]:
        """The body in pieces of `size` bytes, the last one shorter: for files, of which nobody waits for the next byte."""
        yield from pieces(self.service, self._response, size, self._end, full=True)

    def lines(self, max_line: int = MAX_BYTES) -> Iterator[str]:
        """The body line by line (NDJSON, SSE)."""
        line = bytearray()
        for chunk in self.chunks(16 * 1024):
            part, *others = chunk.split(b"\n")
            line += part
            for other in others:
                yield line.decode("utf-8", errors="replace").rstrip("\r")
                line = bytearray(other)
            if len(line) > max_line:
                reason = _("%(service)s sent a line that is too long.") % {"service": self.service.title}
                raise RemoteUnavailable(reason, service=self.service)
        if line:
            self.ends_within_a_line = True
            yield line.decode("utf-8", errors="replace")

    def read(self, limit: int = MAX_BYTES) -> bytes:
        """The whole body, where it is known to be short."""
        body = b""
        for chunk in self.chunks():
            body += chunk
            if len(body) > limit:
                reason = _("%(service)s sent more than %(limit)s bytes.") % {"service": self.service.title, "limit": limit}
                raise RemoteUnavailable(reason, service=self.service)
        return body


@contextmanager
def stream(
    service: Service,
    method: str,
    path: str,
    *,
    token: str | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    data: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] = TIMEOUT,
    deadline: float = 3600.0,
    raise_5xx: bool = True,
) -> Iterator[Stream]:
    """One call whose answer is read piece by piece; errors as in `request`, also while reading."""
    end = deadlines.end_of(service.kind, deadline)
    with sent(service, method, path, token, headers, timeout, end, params=params, json=json, data=data) as response:
        if raise_5xx or response.status_code == 429:
            raise_for(service, response.status_code, response.headers)
        yield Stream(service, response, end)
