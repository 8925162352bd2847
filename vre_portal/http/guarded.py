"""One question to an address that no entry of services.toml has: guarded, without redirects, and over in time whatever the other side does."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import urllib3
from django.utils.translation import gettext as _

from vre_portal.address_guard import AddressRefused, guarded_pool
from vre_portal.http.posting import CONNECT_SECONDS, MAX_ADDRESSES, Cutoff, NoAnswer, reason_of

__all__ = ["AddressRefused", "GuardedAnswer", "NoAnswer", "ask"]
MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class GuardedAnswer:
    """What the other side said; `body` is empty where it is longer than MAX_BYTES."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(method: str, url: str, headers: Mapping[str, str], *, named: Collection[str] = (), seconds: float) -> GuardedAnswer:
    """Send it once. Raises AddressRefused where the portal does not contact the address, else NoAnswer."""
    if seconds <= 0:
        raise NoAnswer(_("There was no time left to ask."))
    begin = time.monotonic()
    timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)
    with Cutoff(seconds) as cutoff:
        pool = guarded_pool(named, timeout=timeout, max_addresses=MAX_ADDRESSES, connected=cutoff.watch)
        try:
            return _answer(pool, method, url, headers)
        except AddressRefused:
            raise
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if cutoff.is_over or time.monotonic() - begin >= seconds:
                raise NoAnswer(_("There was no complete answer in time.")) from None
            raise NoAnswer(reason_of(error)) from None
        finally:
            pool.clear()


def _answer(pool: urllib3.PoolManager, method: str, url: str, headers: Mapping[str, str]) -> GuardedAnswer:
    sent = {"User-Agent": "vre-portal", **headers, "Connection": "close", "Accept-Encoding": "identity"}
    response = pool.request(method, url, headers=sent, redirect=False, retries=False, preload_content=False)
    try:
        body = response.read(MAX_BYTES + 1, decode_content=False)
    finally:
        response.close()
    return GuardedAnswer(response.status, dict(response.headers.items()), body if len(body) <= MAX_BYTES else b"")
