"""Deadlines of remote calls: of one call from its first byte to its last, and of all calls of a page to services that may hang."""

import http.client
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, override

import urllib3
from django.http import HttpRequest, HttpResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from vre_portal.services import ServiceKind

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PAGE_SECONDS = 2.0  # what a page waits for these in all: it answers within three seconds
PAGE_KINDS = (ServiceKind.IAM, ServiceKind.JUPYTERHUB)
# Coming back from an IAM takes several calls with a code that works once: rather slow than in vain.
SIGN_IN_SECONDS = 8.0
SIGN_IN_PATH = "/accounts/oidc/"
_call = threading.local()
_ends: ContextVar[dict[ServiceKind, float]] = ContextVar("ends")


@contextmanager
def within(seconds: float, *kinds: ServiceKind) -> Iterator[None]:
    """All calls to these kinds of service that are made in the block end by then; an earlier end stays."""
    end, known = time.monotonic() + seconds, _ends.get({})
    token = _ends.set({**known, **{kind: min(end, known.get(kind, end)) for kind in kinds}})
    try:
        yield
    finally:
        _ends.reset(token)


def left(kind: ServiceKind) -> float | None:
    """Seconds that calls to such a service still have; None where nobody waits for them."""
    end = _ends.get({}).get(kind)
    return None if end is None else end - time.monotonic()


def unhurried[T](call: Callable[[], T]) -> T:
    """Call it without the deadlines of the page; in a context of its own, for they do not come back."""
    _ends.set({})
    return call()


def end_of(kind: ServiceKind, seconds: float) -> float:
    """When a call of at most so many seconds to such a service has to end, by the monotonic clock."""
    end = time.monotonic() + seconds
    return min(end, _ends.get({}).get(kind, end))


@contextmanager
def calling(end: float) -> Iterator[None]:
    """What this thread receives of answers that begin in the block comes before `end`."""
    _call.end = end
    try:
        yield
    finally:
        del _call.end


class Clocked(io.RawIOBase):
    """A socket's bytes: no wait is longer than the socket's own timeout, and none goes beyond the end of the call."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, end: float) -> None:
        self.raw, self.sock, self.end = raw, sock, end
        self.pause = sock.gettimeout()

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.pause is None or left < self.pause:
            self.sock.settimeout(left)
        return self.sock.recv_into(buffer)

    @override
    def close(self) -> None:
        self.raw.close()
        super().close()


class Answer(http.client.HTTPResponse):
    """An answer whose head, too, has to come in time: a timeout of sockets begins anew with every byte."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(Clocked(self.fp.detach(), sock, _call.end))  # type: ignore[attr-defined]


class Plain(HTTPConnection):
    """A connection with such answers."""

    response_class = Answer


class Secure(HTTPSConnection):
    """The same with TLS."""

    response_class = Answer


class PlainPool(urllib3.HTTPConnectionPool):
    """Such connections to one host."""

    ConnectionCls = Plain


class SecurePool(urllib3.HTTPSConnectionPool):
    """The same with TLS."""

    ConnectionCls = Secure


POOLS = {"http": PlainPool, "https": SecurePool}


class PageDeadline:
    """Middleware: what a page asks of these services ends in time, however often it asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds = SIGN_IN_SECONDS if request.path.startswith(SIGN_IN_PATH) else PAGE_SECONDS
        with within(seconds, *PAGE_KINDS):
            return self.get_response(request)


middleware = PageDeadline
