"""The one HTTP door: every remote call has a deadline, verified TLS and a size cap, and fails as one of two errors."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, override
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from vre_portal import bulkhead, deadlines, request_id, trail
from vre_portal.services import Service
from vre_portal.text import storable

UNSTORABLE = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
TIMEOUT = (1.0, 5.0)  # seconds to connect, seconds between bytes
MAX_BYTES = 8 * 1024 * 1024
CHUNK = 64 * 1024
LONGEST_PAUSE = 3600.0  # seconds that a service may ask us to wait
_local = threading.local()


class RemoteError(Exception):
    """A remote service did not do what was asked; the text is safe to show to a person."""

    def __init__(self, message: str, *, service: Service | None = None) -> None:
        super().__init__(message)
        self.service = service


class RemoteUnavailable(RemoteError):
    """The service cannot be reached, is too slow or fails: trying again later may help."""

    def __init__(self, message: str, *, service: Service | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, service=service)
        self.retry_after = retry_after


class RemoteRefused(RemoteError):
    """The service understood and said no: asking the same again will not help."""

    def __init__(self, message: str, *, service: Service | None = None, status: int = 0, code: str = "") -> None:
        super().__init__(message, service=service)
        self.status = status
        self.code = code


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
            return _storable(found) if UNSTORABLE.search(self.body) else found
        except (ValueError, RecursionError):
            raise RemoteUnavailable(f"{self.service.title} answered with something that is not JSON.", service=self.service) from None


def _storable(value: Any) -> Any:
    """The same with every text made storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value


class Adapter(HTTPAdapter):
    """Where sessions take their connections from."""

    @override
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = deadlines.POOLS


def _session(service: Service) -> requests.Session:
    """One kept-alive session per thread and service: connections are reused and identities never mix."""
    sessions: dict[str, requests.Session] = _local.__dict__.setdefault("sessions", {})
    key = f"{service.kind}/{service.name}"
    if key not in sessions:
        session = requests.Session()
        session.trust_env = False  # no proxy, netrc or REQUESTS_CA_BUNDLE may overrule what services.toml says
        session.verify = str(service.options["ca"]) if service.options.get("ca") else True
        session.mount("http://", Adapter(pool_maxsize=4))
        session.mount("https://", Adapter(pool_maxsize=4))
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # a session serves many people
        sessions[key] = session
    return sessions[key]


def address(service: Service, path: str) -> str:
    """The full address of a path at the service; anything that would leave the service is refused.

    An absolute address is taken only where it is on a host that `options.hosts` names (storage doors of a Data Lake), and
    never without TLS at a service that has it.
    """
    url = urljoin(service.url.rstrip("/") + "/", path.lstrip("/")) if not path.startswith(("http://", "https://")) else path
    there, home = urlsplit(url), urlsplit(service.url)
    allowed = {home.netloc, *service.options.get("hosts", [])}
    if there.netloc not in allowed or there.scheme not in ("https", home.scheme):
        raise RemoteRefused(f"{service.title} pointed to an address that is not its own.", service=service)
    return url


def _borne(token: str | None, headers: Mapping[str, str], params: Mapping[str, Any] | None) -> str | None:
    """A person's token, wherever the service takes it: Rucio has a header of its own, REANA 0.9 a parameter."""
    return token or headers.get("X-Rucio-Auth-Token") or (params or {}).get("access_token")


@contextmanager
def waiting_for(service: Service, url: str = "") -> Iterator[None]:
    """A page's thread waits for the service, or for its server at another address; at once RemoteUnavailable where too many do already."""
    try:
        with bulkhead.waiting(bulkhead.server(service, url)):
            yield
    except bulkhead.Crowded as crowded:
        raise RemoteUnavailable(f"{service.title} {crowded}.", service=service) from None


@contextmanager
def _sent(
    service: Service,
    method: str,
    path: str,
    token: str | None,
    headers: Mapping[str, str] | None,
    timeout: tuple[float, float],
    end: float,
    **options: Any,
) -> Iterator[requests.Response]:
    """Send, and turn every failure of the network into RemoteUnavailable; what the caller does meanwhile fails as itself."""
    sent = {"X-Request-ID": request_id.current(), "User-Agent": "vre-portal", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    url = address(service, path)
    left = end - time.monotonic()
    if left <= 0:
        raise RemoteUnavailable(f"{service.title} did not answer in time.", service=service)
    waits = (min(timeout[0], left), min(timeout[1], left))
    call = trail.calling(service, _borne(token, sent, options.get("params")))
    try:
        with waiting_for(service, url), deadlines.calling(end):
            response = _session(service).request(method, url, headers=sent, allow_redirects=False, stream=True, timeout=waits, **options)
    except requests.exceptions.SSLError:
        raise RemoteUnavailable(f"The certificate of {service.title} is not valid, so nothing was sent.", service=service) from None
    except requests.exceptions.Timeout:
        raise RemoteUnavailable(f"{service.title} did not answer in time.", service=service) from None
    except (requests.exceptions.RequestException, OSError):
        raise RemoteUnavailable(f"{service.title} cannot be reached.", service=service) from None
    call.status = response.status_code
    with response:
        yield response
    bulkhead.answered(bulkhead.server(service, url))


def _pieces(service: Service, response: requests.Response, size: int, end: float, *, full: bool = False) -> Iterator[bytes]:
    """The body as it comes, at most `size` bytes at a time, until the deadline; or gathered until a piece is `full`.

    Gathering costs a third less of the processor. The clock of the connection (`deadlines`) ends the wait for a piece as well.
    """
    read = response.raw.read if full else response.raw.read1
    there = bulkhead.server(service, response.url)
    while True:
        try:
            with bulkhead.waiting(there, begun=True):
                piece = read(size, decode_content=True)
        except urllib3.exceptions.ReadTimeoutError:
            what = "answer" if time.monotonic() < end else "finish its answer"
            raise RemoteUnavailable(f"{service.title} did not {what} in time.", service=service) from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise RemoteUnavailable(f"{service.title} broke off its answer.", service=service) from None
        if not piece:
            bulkhead.answered(there)
            return
        if time.monotonic() > end:
            raise RemoteUnavailable(f"{service.title} did not finish its answer in time.", service=service)
        yield piece


def _raise_for(service: Service, status: int, headers: Mapping[str, str]) -> None:
    """5xx and 429 are outages; the rest is for the remote module to read."""
    if status >= 500 or status == 429:
        after = headers.get("Retry-After", "")
        wait = min(float(after), LONGEST_PAUSE) if re.fullmatch("[0-9]+", after) and status in (429, 503) else None
        what = "asks for a pause" if status == 429 else f"is failing (status {status})"
        raise RemoteUnavailable(f"{service.title} {what}.", service=service, retry_after=wait)


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
    with _sent(service, method, path, token, headers, timeout, end, params=params, json=json, data=data, files=files) as response:
        body = bytearray()
        for piece in _pieces(service, response, CHUNK, end):
            body += piece
            if len(body) > max_bytes:
                raise RemoteUnavailable(f"{service.title} sent more than {max_bytes} bytes.", service=service)
        if raise_5xx or response.status_code == 429:
            _raise_for(service, response.status_code, response.headers)
        return Reply(response.status_code, response.headers, bytes(body), service)


class Stream:
    """An answer that is read as it comes; leave the `with` block early to stop it."""

    def __init__(self, service: Service, response: requests.Response, end: float) -> None:
        self.service = service
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._end = end

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The body in pieces of at most `size` bytes."""
        yield from _pieces(self.service, self._response, size, self._end)

    def blocks(self, size: int) -> Iterator[bytes]:
        """The body in pieces of `size` bytes, the last one shorter: for files, of which nobody waits for the next byte."""
        yield from _pieces(self.service, self._response, size, self._end, full=True)

    def lines(self, max_line: int = MAX_BYTES) -> Iterator[str]:
        """The body line by line (NDJSON, SSE)."""
        rest = b""
        for chunk in self.chunks(16 * 1024):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", errors="replace").rstrip("\r")
            if len(rest) > max_line:
                raise RemoteUnavailable(f"{self.service.title} sent a line that is too long.", service=self.service)
        if rest:
            yield rest.decode("utf-8", errors="replace")

    def read(self, limit: int = MAX_BYTES) -> bytes:
        """The whole body, where it is known to be short."""
        body = b""
        for chunk in self.chunks():
            body += chunk
            if len(body) > limit:
                raise RemoteUnavailable(f"{self.service.title} sent more than {limit} bytes.", service=self.service)
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
) -> Iterator[Stream]:
    """One call whose answer is read piece by piece; errors as in `request`, also while reading."""
    end = deadlines.end_of(service.kind, deadline)
    with _sent(service, method, path, token, headers, timeout, end, params=params, json=json, data=data) as response:
        _raise_for(service, response.status_code, response.headers)
        yield Stream(service, response, end)
