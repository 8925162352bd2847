"""What calls to remote services need below: kept connections, allowed addresses, and network failures as RemoteUnavailable."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any, override
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter

from vre_portal import bulkhead, deadlines, request_id, token_use_context
from vre_portal.http.errors import RemoteRefused, RemoteUnavailable
from vre_portal.http.retry_after import seconds_until_retry
from vre_portal.services import Service
from vre_portal.text import plain

# A value that no address, header or JSON text can carry: asking again cannot help, and the service never heard of it.
UNSENDABLE = (
    UnicodeError, requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, requests.exceptions.InvalidJSONError,
)  # fmt: skip
LONGEST_PAUSE = 3600.0  # seconds that a service may ask us to wait
_local = threading.local()


class Adapter(HTTPAdapter):
    """Where sessions take their connections from."""

    @override
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = deadlines.POOLS


def session_for(service: Service) -> requests.Session:
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
    home = urlsplit(service.url)
    try:
        url = path if path.startswith(("http://", "https://")) else urljoin(service.url.rstrip("/") + "/", path.lstrip("/"))
        there = urlsplit(url)
    except ValueError:
        reason = _("%(service)s returned something that is not a valid address.") % {"service": service.title}
        raise RemoteRefused(reason, service=service) from None
    if there.netloc not in {home.netloc, *service.options.get("hosts", [])}:
        host = plain(there.netloc.rpartition("@")[2])[:100] or _("an unknown host")
        reason = _(
            "%(service)s returned an address at %(host)s, which is not configured as one of its hosts. If it should be, an administrator "
            "has to add it to `hosts` in the options of this service in services.toml."
        ) % {"service": service.title, "host": host}
        raise RemoteRefused(reason, service=service, code="foreign host")
    if there.scheme not in ("https", home.scheme):
        reason = _("%(service)s uses TLS, but returned an address without TLS.") % {"service": service.title}
        raise RemoteRefused(reason, service=service, code="no TLS")
    return url


def bearer_token_of(token: str | None, headers: Mapping[str, str], params: Mapping[str, Any] | None) -> str | None:
    """A person's token, wherever the service takes it: Rucio has a header of its own, REANA 0.9 a parameter."""
    return token or headers.get("X-Rucio-Auth-Token") or (params or {}).get("access_token")


@contextmanager
def waiting_for(service: Service, url: str = "") -> Iterator[None]:
    """A page's thread waits for the service, or for its server at another address; at once RemoteUnavailable where too many do already."""
    try:
        with bulkhead.waiting(bulkhead.server(service, url)):
            yield
    except bulkhead.TooManyWaiting as crowded:
        reason = _("%(service)s is not responding at the moment.") if crowded.is_hanging else _("%(service)s is too busy at the moment.")
        raise RemoteUnavailable(reason % {"service": service.title}, service=service) from None


@contextmanager
def sent(
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
        raise RemoteUnavailable(_("%(service)s did not answer in time.") % {"service": service.title}, service=service)
    waits = (min(timeout[0], left), min(timeout[1], left))
    call = token_use_context.record_call(service, bearer_token_of(token, sent, options.get("params")))
    try:
        with waiting_for(service, url), deadlines.calling(end):
            response = session_for(service).request(method, url, headers=sent, allow_redirects=False, stream=True, timeout=waits, **options)
    except UNSENDABLE:
        reason = _("The request to %(service)s contains characters that cannot be sent.") % {"service": service.title}
        raise RemoteRefused(reason, service=service) from None
    except requests.exceptions.SSLError:
        reason = _("The certificate of %(service)s is not valid, so nothing was sent.") % {"service": service.title}
        raise RemoteUnavailable(reason, service=service) from None
    except requests.exceptions.Timeout:
        raise RemoteUnavailable(_("%(service)s did not answer in time.") % {"service": service.title}, service=service) from None
    except (requests.exceptions.RequestException, OSError):
        raise RemoteUnavailable(_("%(service)s cannot be reached.") % {"service": service.title}, service=service) from None
    call.status = response.status_code
    with response:
        yield response
    bulkhead.answered(bulkhead.server(service, url))


def pieces(service: Service, response: requests.Response, size: int, end: float, *, full: bool = False) -> Iterator[bytes]:
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
            reason = (
                _("%(service)s did not answer in time.") if time.monotonic() < end else _("%(service)s did not finish its answer in time.")
            )
            raise RemoteUnavailable(reason % {"service": service.title}, service=service) from None
        except (urllib3.exceptions.HTTPError, OSError):
            reason = _("The connection to %(service)s was lost before its answer was complete.") % {"service": service.title}
            raise RemoteUnavailable(reason, service=service) from None
        if not piece:
            bulkhead.answered(there)
            return
        if time.monotonic() > end:
            raise RemoteUnavailable(_("%(service)s did not finish its answer in time.") % {"service": service.title}, service=service)
        yield piece


def raise_for(service: Service, status: int, headers: Mapping[str, str]) -> None:
    """5xx and 429 are outages; the rest is for the remote module to read."""
    if status >= 500 or status == 429:
        after = seconds_until_retry(headers.get("Retry-After", "")) if status in (429, 503) else None
        wait = None if after is None else min(after, LONGEST_PAUSE)
        reason = _("%(service)s receives too many requests.") if status == 429 else _("%(service)s is failing (status %(status)s).")
        raise RemoteUnavailable(reason % {"service": service.title, "status": status}, service=service, retry_after=wait)
