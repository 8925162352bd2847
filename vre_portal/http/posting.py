"""One POST to an address that a person gave: guarded, without redirects, and over in time whatever the other side does."""

import socket
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import urllib3
from django.utils.translation import gettext as _

from vre_portal.address_guard import AddressRefused, guarded_pool

CONNECT_SECONDS, TOTAL_SECONDS = 3.0, 15.0
MAX_ANSWER = 10 * 1024  # bytes; the rest is never read
MAX_ADDRESSES = 2  # of one host: each may let us wait


class NoAnswer(Exception):
    """There was no answer; the text says why and is safe to show."""


@dataclass(frozen=True)
class PostAnswer:
    """What the other side said."""

    status: int
    body: bytes  # at most MAX_ANSWER of it
    location: str
    retry_after: str


class Cutoff:
    """Ends all connections that it was given once the time is over: a timeout of sockets begins anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._connections: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """End this one, too; TLS wraps the socket that it is given, so that a second handle is kept."""
        with self._lock:
            self._connections.append(connection.dup())
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()


def post(url: str, body: bytes, headers: Mapping[str, str], *, named: Collection[str] = (), seconds: float = TOTAL_SECONDS) -> PostAnswer:
    """Send it once. Raises AddressRefused where the portal does not contact the address now, else NoAnswer."""
    timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)
    begin = time.monotonic()
    with Cutoff(seconds) as cutoff:
        pool = guarded_pool(named, timeout=timeout, max_addresses=MAX_ADDRESSES, connected=cutoff.watch)
        try:
            return _sent(pool, url, body, headers)
        except AddressRefused:
            raise
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            is_late = cutoff.is_over or time.monotonic() - begin >= seconds
            raise NoAnswer(_too_slow(seconds) if is_late else reason_of(error)) from None
        finally:
            pool.clear()


def _sent(pool: urllib3.PoolManager, url: str, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
    sent = {"User-Agent": "vre-portal", **headers, "Connection": "close", "Accept-Encoding": "identity"}
    response = pool.request("POST", url, body=body, headers=sent, redirect=False, retries=False, preload_content=False)
    try:
        start = response.read(MAX_ANSWER, decode_content=False)
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        start = b""  # the status was said; a body that breaks off takes nothing away from it
    finally:
        response.close()
    return PostAnswer(response.status, start, response.headers.get("Location", ""), response.headers.get("Retry-After", ""))


def reason_of(error: Exception) -> str:
    """What went wrong, in words."""
    cause = getattr(error, "reason", None) or error
    match cause:
        case urllib3.exceptions.SSLError():
            return _("The certificate of the host is not valid, so nothing was sent.")
        case urllib3.exceptions.NewConnectionError():
            return _("The host refused the connection.")
        case urllib3.exceptions.ConnectTimeoutError():
            return _("The host did not accept a connection within %(seconds)s s.") % {"seconds": f"{CONNECT_SECONDS:g}"}
        case urllib3.exceptions.TimeoutError():
            return _too_slow(TOTAL_SECONDS)
    return _("The connection ended without a valid HTTP answer.")


def _too_slow(seconds: float) -> str:
    return _("There was no complete answer within %(seconds)s s.") % {"seconds": f"{seconds:g}"}
